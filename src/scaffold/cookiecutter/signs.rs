//! Endings of names and beginnings of files that are taken for binary, as `binaryornot` 0.6 has them.

/// Endings of names, without the dot, sorted.
#[rustfmt::skip]
pub(super) const ENDINGS: [&str; 138] = [
    "3ds", "7z", "aac", "accdb", "aif", "aiff", "alac", "ape", "arrow", "avi", "avif", "avro", "bin",
    "blend", "bmp", "bz2", "cab", "class", "com", "cr2", "cr3", "dae", "db", "dbf", "dll", "dmg", "dng",
    "doc", "docx", "dwf", "dwg", "dxb", "eot", "epub", "exe", "fbx", "fit", "fits", "flac", "flv", "fw",
    "gba", "gif", "glb", "gz", "hdf5", "heic", "heif", "ico", "img", "iso", "jar", "jfif", "jp2", "jpeg",
    "jpg", "jxl", "lz", "lz4", "lzma", "m4a", "m4v", "mat", "mdb", "mid", "midi", "mkv", "mobi", "mov",
    "mp3", "mp4", "mpeg", "mpg", "msi", "n64", "nds", "nef", "nes", "npy", "npz", "o", "odt", "ogg", "ogv",
    "opus", "orf", "otf", "pages", "pak", "parquet", "pcap", "pcapng", "pdf", "png", "ppt", "pptx", "psd",
    "pyc", "pyo", "qcow2", "rar", "raw", "rom", "sav", "sfc", "shp", "shx", "smc", "so", "sqlite",
    "sqlite3", "step", "stl", "stp", "tar", "tif", "tiff", "ttc", "ttf", "usdz", "vdi", "vhd", "vmdk",
    "wasm", "wav", "webm", "webp", "wma", "wmv", "woff", "woff2", "xcf", "xls", "xlsx", "xz", "z", "zip",
    "zst",
];

/// Beginnings of files.
#[rustfmt::skip]
pub(super) const BEGINNINGS: [&[u8]; 56] = [
    b"\x89PNG\x0d\x0a\x1a\x0a", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"GIF87a", b"GIF89a", b"BM",
    b"MM\x00*", b"II*\x00", b"\x00\x00\x01\x00", b"%PDF-1.", b"SQLite\x20format\x203\x00", b"PK\x03\x04",
    b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe", b"MZ", b"\xca\xfe\xba\xbe", b"RIFF", b"OggS", b"fLaC",
    b"\x00asm", b"wOFF", b"OTTO", b"\x00\x01\x00\x00\x00", b"\x00\x00\x00\x01Bud1", b"wOF2",
    b"RIFF\x00\x00\x00\x00WEBP", b"\x00\x00\x00\x18ftyp", b"ID3", b"BZh", b"7z\xbc\xaf'\x1c",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"(\xb5/\xfd", b"Rar!\x1a\x07", b"\x1aE\xdf\xa3", b"MThd", b"8BPS",
    b"\x00\x00\x00\x1cftypheic", b"PAR1", b"dex\x0a", b"BC\xc0\xde", b"PACK", b"bplist", b"!<arch>\x0a",
    b"\x04\x22M\x18", b"ARROW1", b"Obj\x01", b"]\x00\x00", b"\xa1\xb2\xc3\xd4", b"\xff\x06\x00\x00sNaPpY",
    b"\xfe\xed\xfe\xed", b"070701",
];
