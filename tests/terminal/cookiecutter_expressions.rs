//! Random expressions in cookiecutter templates come out as the real cookiecutter makes them, or are refused.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Project, peer};
use crate::templates::{compare, ours, template};
use serde_json::{Value, json};

/// A source of choices that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll<'a>(&mut self, among: &[&'a str]) -> &'a str {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        among[usize::try_from(self.0 >> 33).expect("31 bits") % among.len()]
    }
}

const TEXTS: [&str; 12] = [
    "cookiecutter.s",
    "cookiecutter.u",
    "cookiecutter.e",
    "cookiecutter.p",
    "cookiecutter.ml",
    "cookiecutter.w",
    "'lit'",
    "'Hello World'",
    "cookiecutter.s[1:4]",
    "cookiecutter.u[-2:]",
    "cookiecutter.p[::-1]",
    "(cookiecutter.s ~ 7)",
];
const SIGNS: [&str; 8] = ["' '", "'_'", "'a'", "'-'", "'My'", "'l'", "'.'", "'lo'"];
const NUMBERS: [&str; 8] = ["0", "1", "3", "-1", "20", "7 // 2", "-7 % 3", "2.5"];
const LISTS: [&str; 7] = [
    "cookiecutter.l",
    "[3, 1, 2]",
    "cookiecutter.s.split()",
    "cookiecutter.p.split('/')",
    "cookiecutter.l[1:]",
    "range(4)|list",
    "cookiecutter.d.items()|list",
];
const CALLS: [&str; 16] = [
    ".upper()",
    ".lower()",
    ".title()",
    ".capitalize()",
    ".swapcase()",
    ".strip()",
    "|title",
    "|capitalize",
    "|trim",
    "|tojson|string",
    "|jsonify",
    "|slugify",
    "|urlencode",
    "|wordwrap(10)",
    "|indent",
    "|e",
];

/// One random text.
fn text(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return dice.roll(&TEXTS).to_owned();
    }
    let inner = text(dice, depth - 1);
    let (one, other) = (dice.roll(&SIGNS), dice.roll(&SIGNS));
    match dice.roll(&[
        "call", "call", "replace", "strip", "join", "pad", "slice", "split", "format", "if", "plus", "printf",
    ]) {
        "call" => format!("({inner}){}", dice.roll(&CALLS)),
        "replace" => format!("({inner}).replace({one}, {other})"),
        "strip" => format!(
            "({inner}).{}({one})",
            dice.roll(&["strip", "lstrip", "rstrip", "removeprefix", "removesuffix"])
        ),
        "join" => format!("({})|join({one})", dice.roll(&LISTS)),
        "pad" => format!(
            "({inner}).{}({})",
            dice.roll(&["ljust", "rjust", "center", "zfill"]),
            dice.roll(&["0", "5", "30"])
        ),
        "slice" => format!("({inner})[{}:{}]", dice.roll(&["", "1", "-4"]), dice.roll(&["", "9", "-1"])),
        "split" => format!("({inner}).{}({one}, 1)[-1]", dice.roll(&["split", "rsplit"])),
        "format" => format!("'{{}}:{{}}'.format({inner}, {})", dice.roll(&NUMBERS)),
        "if" => format!("({inner} if {one} in {} else {})", dice.roll(&TEXTS), dice.roll(&TEXTS)),
        "plus" => format!("({inner} + {})", dice.roll(&TEXTS)),
        _ => format!("'%s|%5s'|format({inner}, {})", dice.roll(&NUMBERS)),
    }
}

/// One random expression.
fn expression(dice: &mut Dice) -> String {
    let inner = match dice.roll(&["text", "text", "text", "list", "number", "test", "method"]) {
        "list" => format!(
            "{}|{}",
            dice.roll(&LISTS),
            dice.roll(&[
                "length",
                "first",
                "last",
                "sort|list",
                "reverse|list",
                "unique|list",
                "list",
                "tojson",
                "jsonify",
                "batch(2)|list",
                "map('string')|join"
            ])
        ),
        "number" => format!(
            "{} {} {}",
            dice.roll(&NUMBERS),
            dice.roll(&["+", "-", "*", "/", "//", "%", "~"]),
            dice.roll(&NUMBERS)
        ),
        "test" => format!(
            "{} {} {}",
            dice.roll(&TEXTS),
            dice.roll(&["==", "!=", "<", ">", "in", "not in"]),
            dice.roll(&TEXTS)
        ),
        "method" => format!(
            "({}).{}({})",
            text(dice, 1),
            dice.roll(&["find", "rfind", "count", "startswith", "endswith", "partition"]),
            dice.roll(&SIGNS)
        ),
        _ => text(dice, 3),
    };
    format!("{{{{ {inner} }}}}")
}

/// So many random expressions are tried.
const TRIED: usize = 600;
/// No more of them may be refused here that cookiecutter renders.
const REFUSED: usize = 30;

#[test]
fn random_expressions_come_out_the_same() {
    let Some(python) = peer("python-with-cookiecutter") else { return };
    let answers = json!({"name": "x", "s": "it's my_big-Project 2.0", "u": "Ünïcode & <co> ß", "e": "", "p": "a/b/c.txt",
        "ml": "one\n two\n\nthree", "w": "  pad ded  ", "l": ["b", "A", "c", "a"], "d": {"k": "v", "a": "1"}});
    let mut dice = Dice(20_261_127);
    let texts: Vec<String> = (0..TRIED).map(|_| expression(&mut dice)).collect();
    let mut manifest = answers.clone();
    manifest["__l"] = manifest["l"].take();
    let project = template(&manifest.to_string().replace("\"l\":null,", ""), &[]);
    let texts: Vec<String> =
        texts.into_iter().map(|text| text.replace("cookiecutter.l", "cookiecutter.__l")).collect();
    let mut asked = answers;
    asked["__l"] = asked["l"].clone();
    let expected = oracle(&project, &python, &json!({"texts": texts, "answers": asked}));
    let known = expected
        .iter()
        .zip(&texts)
        .enumerate()
        .filter_map(|(at, (result, text))| Some((at, result.as_str()?, text)));
    let known: Vec<_> = known.collect();
    assert!(known.len() > TRIED / 2, "the expressions are mostly wrong");
    for (at, _, text) in &known {
        project.write(&format!("template/{{{{cookiecutter.name}}}}/{at}.txt"), text.as_bytes());
    }
    let refused = without_refused(&project);
    assert!(refused < REFUSED, "{refused} of {} were refused", known.len());
    for (at, result, text) in known {
        if project.exists(&format!("out/x/{at}.txt")) {
            assert_eq!(project.read(&format!("out/x/{at}.txt")), result, "{text}");
        }
    }
}

/// Lays the template out; files that are refused are taken away until it works. Tells how many those were.
fn without_refused(project: &Project) -> usize {
    for count in 0..REFUSED {
        let ended = ours(project, &[]);
        if ended.code == 0 {
            return count;
        }
        let file = ended
            .stderr
            .split(',')
            .next()
            .and_then(|words| words.split_whitespace().last())
            .unwrap_or_default();
        project.remove(&format!("template/{file}"));
    }
    REFUSED
}

fn oracle(project: &Project, python: &std::path::Path, asked: &Value) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/jinja.py");
    let mut command = project.command(python);
    let mut child =
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(asked.to_string().as_bytes()).expect("python reads");
    drop(stdin);
    let said = child.wait_with_output().expect("python ends");
    assert!(said.status.success());
    serde_json::from_slice(&said.stdout).expect("it prints JSON")
}

#[test]
fn lines_tests_and_what_is_gone_through_once_come_out_the_same() {
    let expressions = [
        r#"["a\n"|indent(2), "a\n\nb\n"|indent(2, blank=true), ""|indent(2, true), "\n"|indent(2, true)]"#,
        r#"["a\r\nb"|indent(2), "a\fb"|indent("--"), "a\nb"|indent(true), "a\nb"|indent(-2), ("a\n<"|e)|indent("<")]"#,
        "['x' is sequence, none is sequence, {} is sequence, 1 is sequence, range(3) is sequence, nothing is sequence]",
        "['x' is iterable, none is iterable, {} is iterable, 1 is iterable, range(3) is iterable, {}.items() is iterable]",
        "[[1]|reverse is sequence, [1]|map('string') is iterable, {}.items() is sequence, ([1] + [2]) is sequence]",
        "[none|float(2), 'x'|float(0), 'x'|float(default='no'), ' 1_0 '|float, '1__0'|float, '1_e5'|float, []|float]",
        "{'a': {'b': 1}}|attr('a')|default('no')",
        "['1'.isdigit(), '1a'.isdecimal(), ''.isnumeric(), 'é'.isdigit(), '1a١'.isdigit()]",
        "[2 ** 0.5, 2 ** -1, (-8) ** 3, 3 - 2 ** 0.5]",
        "[00, 0_0, 1_0, 0x1F, 1e3, 1_0.5]",
        "[1, 2]|map('string')|list ~ ''",
        "[1, 2]|map('string')|reverse",
        "['ab'|reverse, [1, 2]|reverse|list, [1, 2]|reverse|join, (1, 2)|reverse|first]",
        "['A', 'b']|map('lower')|map('upper')|sort|join(',')",
        "[3, 1, 3]|unique|sum ~ [1, 2, 3]|batch(2)|list ~ [1, 2, 3]|slice(2)|map('first')|join",
        "'yes' if []|map('upper') else 'no'",
        "['<'|forceescape, '<'|e|forceescape]",
        "dict([['a', 1]], b=2)",
        "[none, none]|sort ~ [[1, 'a'], ['b', 2]]|map('first')|map('string')|sort ~ [2, true, 1.5]|sort(true)",
        "[{'a': [2, 1]}, {'a': [1, 'x']}]|sort(attribute='a.0')|map(attribute='a')|list ~ {'b': 1, 'a': 2}|max",
        "'abcdefghij'|truncate(1, end='')",
        "[''|default('x', boolean=True), ''|d(default_value='y', boolean=true), nothing|default(default_value=none), 0|default(1)]",
        "['a'|replace(old='a', new='b'), 'aaa'|replace('a', 'b', count=2), 15|replace(1, 2), 'aa'|replace('a', new='<')]",
        "[' a '|trim(chars=' '), 'xax'|trim('x'), ' a '|trim, ('<'|e)|trim(chars='&')]",
        "[1, 2, 3]|batch(linecount=2)|list ~ [1, 2, 3]|slice(slices=2, fill_with='-')|list",
        "[[1, 2]|join(d='-'), [{'a': 1}, {'a': 2}]|join(attribute='a'), [{'a': 1}]|join(d='+', attribute='a')]",
        "['{!r}|{!s}'.format('a', 1), '{:%}'.format(0.5), '{:.1%}'.format(0.256), '{:>{w}}|{:{a}{w}}'.format('x', 'y', w=5, a='^')]",
        "['{0[a]}{1[1]}'.format({'a': 1}, [2, 3]), '{{{}}}'.format(none), '{x!r:>5}'.format(x='a'), '{:05d}'.format(7), '{}'.format([1.0, 'a'])]",
        "['%s%%'|format(1), '%(a)s'|format(a=1)]",
        "[{'a': 1}, {'a': 0}]|selectattr('a')|list ~ [{'a': 1}, {}]|rejectattr('a', 'undefined')|list",
        "['{:03}|{:>03}|{:05}|{:<05d}|{:^07.1f}|{:>05d}|{:<08.2f}|{:日^7}'.format('3', '3', 'ab', 7, 2.5, -7, 2.5, 'é')]",
        "['{:=+6}|{:#06x}|{: d}|{:+.1%}|{:08.3f}|{:6}|{:.3}|{:,}|{:*^9.2e}|{:5}'.format(7, 255, 3, 0.5, -2.5, 2.0, 'abcdef', 1234, 1.5, true)]",
        "namespace(a=1, b='x')",
        "[namespace()]",
        "['\\u0378', '\\ud7ff', 'é', '😀']",
    ];
    let lines: Vec<String> = expressions.iter().map(|one| format!("{{{{ {one} }}}}\n")).collect();
    let blocks = "{% set m = ['a', 'b']|map('upper') %}{{ m|first }}{{ m|join }}{{ m|join }}{{ 'A' in m }}\n\
        {% for x in ['a', 'b']|map('upper') %}{{ loop.index }}/{{ loop.length }}{{ x }}{{ ',' if not loop.last }}{% endfor %}\n\
        {% set a, b = ['a', 'b']|map('upper') %}{{ b }}{% set ns = namespace(items=1) %}{{ ns.items }}\n\
        {% for row in range(5)|batch(2, 0) %}{{ row }}{% endfor %}{% if 'a' in ['A']|map('lower') %}in{% endif %}\n";
    compare(&template(r#"{"name": "x"}"#, &[("a.txt", &lines.concat()), ("b.txt", blocks)]), &[], &[]);
}
