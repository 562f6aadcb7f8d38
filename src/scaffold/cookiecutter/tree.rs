//! The decision tree of `binaryornot` 0.6: text or binary, by shares of bytes and by encodings that they may be in.

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Bytes that are zero.
    Zeros,
    /// Bytes below 32, but tab and ends of lines.
    Control,
    /// ASCII that prints.
    Printable,
    /// Bytes above ASCII.
    High,
    /// Zeros among the bytes at even places.
    EvenZeros,
    /// Among those at odd ones.
    OddZeros,
    /// The entropy, in bits.
    Disorder,
    /// The longest stretch of ASCII.
    LongestRun,
}

/// What bytes may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16 that begins with its mark, little end first.
    Bom16Le,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// Chinese.
    Big5,
    /// Japanese.
    ShiftJis,
    /// Korean.
    EucKr,
}

/// A question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Question {
    /// Is a share at most this?
    UpTo(Share, f64),
    /// May it be of this encoding?
    Is(Encoding),
}

/// What follows of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is text.
    Text,
    /// It is binary.
    Binary,
    /// The next question.
    At(usize),
}

use Encoding::{Big5, Bom16Le, EucKr, ShiftJis, Utf8, Utf16Be, Utf16Le};
use Next::{At, Binary, Text};
use Question::{Is, UpTo};
use Share::{Control, Disorder, EvenZeros, High, LongestRun, OddZeros, Printable, Zeros};

/// Each question, from the first one on; of a share what follows where it is at most so much, and where it is more; of an
/// encoding what follows where it is not, and where it is.
#[rustfmt::skip]
pub(super) const TREE: [(Question, Next, Next); 84] = [
    (UpTo(Control, 0.000_977), At(1), At(26)),
    (UpTo(LongestRun, 0.000_977), At(2), At(6)),
    (Is(Utf8), At(3), Text),
    (Is(EucKr), At(4), Text),
    (UpTo(Disorder, 1.953_445), Binary, At(5)),
    (UpTo(Disorder, 2.749_470), Text, Binary),
    (Is(Utf8), At(7), Text),
    (UpTo(LongestRun, 0.063_636), At(8), At(9)),
    (UpTo(Disorder, 2.021_329), Binary, Text),
    (UpTo(Disorder, 3.047_898), Text, At(10)),
    (UpTo(Printable, 0.758_706), At(11), Text),
    (UpTo(LongestRun, 0.134_848), At(12), At(17)),
    (UpTo(High, 0.633_612), At(13), At(16)),
    (UpTo(Disorder, 3.851_786), Text, At(14)),
    (UpTo(High, 0.483_333), Text, At(15)),
    (UpTo(LongestRun, 0.129_167), Binary, Text),
    (UpTo(Printable, 0.145_455), Text, Binary),
    (Is(Big5), At(18), At(25)),
    (UpTo(Disorder, 3.572_021), At(19), At(21)),
    (UpTo(High, 0.490_000), At(20), Binary),
    (UpTo(Printable, 0.651_515), Text, Binary),
    (UpTo(Printable, 0.615_079), At(22), At(24)),
    (Is(ShiftJis), Binary, At(23)),
    (UpTo(LongestRun, 0.176_923), Text, Binary),
    (UpTo(LongestRun, 0.252_381), Text, Binary),
    (UpTo(Disorder, 3.889_752), Binary, Text),
    (UpTo(Zeros, 0.163_978), At(27), At(67)),
    (Is(Utf8), At(28), At(65)),
    (UpTo(Disorder, 3.264_621), At(29), At(34)),
    (UpTo(LongestRun, 0.022_678), At(30), At(32)),
    (UpTo(Printable, 0.000_977), At(31), Binary),
    (UpTo(EvenZeros, 0.001_953), Text, Binary),
    (UpTo(Control, 0.095_455), At(33), Text),
    (UpTo(LongestRun, 0.306_818), Text, Binary),
    (Is(Bom16Le), At(35), Text),
    (UpTo(Printable, 0.455_534), At(36), At(46)),
    (UpTo(High, 0.790_570), At(37), Text),
    (UpTo(Control, 0.485_714), At(38), Text),
    (UpTo(Disorder, 3.540_884), At(39), At(43)),
    (UpTo(Disorder, 3.528_408), At(40), Text),
    (UpTo(Printable, 0.316_667), At(41), Binary),
    (UpTo(Printable, 0.286_364), Binary, At(42)),
    (Is(Utf16Le), Text, Binary),
    (UpTo(Printable, 0.446_657), Binary, At(44)),
    (UpTo(LongestRun, 0.066_638), At(45), Binary),
    (UpTo(Printable, 0.450_099), Text, Binary),
    (UpTo(High, 0.425_959), At(47), At(58)),
    (UpTo(High, 0.394_552), At(48), At(53)),
    (UpTo(Disorder, 4.209_417), At(49), Binary),
    (UpTo(Disorder, 4.175_213), At(50), Text),
    (UpTo(High, 0.100_962), Text, At(51)),
    (UpTo(High, 0.248_047), Binary, At(52)),
    (UpTo(LongestRun, 0.106_443), Text, Binary),
    (UpTo(LongestRun, 0.082_906), Text, At(54)),
    (UpTo(Control, 0.025_000), Text, At(55)),
    (UpTo(Disorder, 3.520_764), Text, At(56)),
    (UpTo(Control, 0.122_500), Binary, At(57)),
    (UpTo(Zeros, 0.033_333), Text, Binary),
    (UpTo(LongestRun, 0.098_599), At(59), At(60)),
    (UpTo(Control, 0.012_902), Binary, Text),
    (UpTo(Disorder, 4.453_697), At(61), Binary),
    (UpTo(High, 0.472_136), At(62), Binary),
    (UpTo(LongestRun, 0.121_324), Text, At(63)),
    (UpTo(LongestRun, 0.302_885), At(64), Text),
    (UpTo(Disorder, 3.539_612), Text, Binary),
    (UpTo(Control, 0.450_000), At(66), Binary),
    (UpTo(Control, 0.006_212), Binary, Text),
    (UpTo(High, 0.082_843), At(68), At(74)),
    (UpTo(OddZeros, 0.282_534), Text, At(69)),
    (UpTo(Disorder, 3.088_801), At(70), At(73)),
    (UpTo(Zeros, 0.822_852), At(71), Binary),
    (UpTo(Printable, 0.291_667), Text, At(72)),
    (UpTo(Control, 0.521_739), Text, Binary),
    (UpTo(EvenZeros, 0.140_625), Text, Binary),
    (UpTo(LongestRun, 0.291_667), At(75), Binary),
    (UpTo(Disorder, 0.698_576), Binary, At(76)),
    (UpTo(Disorder, 5.613_847), At(77), At(83)),
    (UpTo(Printable, 0.361_264), At(78), At(81)),
    (Is(ShiftJis), Text, At(79)),
    (Is(Utf16Be), At(80), Text),
    (UpTo(Zeros, 0.379_808), Text, Binary),
    (UpTo(Printable, 0.408_333), At(82), Text),
    (UpTo(Control, 0.260_000), Text, Binary),
    (UpTo(LongestRun, 0.012_485), Text, Binary),
];
