//! README names, in one place, all that is refused of cookiecutter templates, and all of it is refused.

use crate::support::Project;
use crate::templates::{ours, template};

/// What README names, and a template with it.
const REFUSED: [(&str, &str); 55] = [
    ("`random`", "{{ [1]|random }}"),
    ("`random_ascii_string()`", "{{ random_ascii_string(3) }}"),
    ("`uuid4()`", "{{ uuid4() }}"),
    ("`lipsum()`", "{{ lipsum() }}"),
    ("`filesizeformat`", "{{ 1|filesizeformat }}"),
    ("`pprint`", "{{ 1|pprint }}"),
    ("`striptags`", "{{ 'a'|striptags }}"),
    ("`urlize`", "{{ 'a'|urlize }}"),
    ("`xmlattr`", "{{ {}|xmlattr }}"),
    ("`Ω`", "{{ 'Ω'|slugify }}"),
    ("`日`", "{{ '日'|slugify }}"),
    ("`&amp;`", "{{ 'a &amp; b'|slugify }}"),
    ("`replacements`", "{{ 'a'|slugify(replacements=[['a', 'b']]) }}"),
    ("`--`", "{{ 'a--b c'|wordwrap(3) }}"),
    ("`{1: 2}`", "{{ {1: 2}|tojson }}"),
    ("`attr('upper')`", "{{ 'a'|attr('upper') }}"),
    ("`append()`", "{{ [1].append(2) }}"),
    ("`update()`", "{{ {}.update({}) }}"),
    ("`pop()`", "{{ [1].pop() }}"),
    ("`encode()`", "{{ 'a'.encode() }}"),
    ("`translate()`", "{{ 'a'.translate({97: 'b'}) }}"),
    ("`maketrans()`", "{{ 'a'.maketrans('a', 'b') }}"),
    ("`format_map()`", "{{ '{a}'.format_map({'a': 1}) }}"),
    ("`isprintable()`", "{{ 'a'.isprintable() }}"),
    ("`splitlines(true)`", "{{ 'a'.splitlines(true) }}"),
    ("`casefold()`", "{{ 'ß'.casefold() }}"),
    ("`bit_length()`", "{{ (5).bit_length() }}"),
    ("`is_integer()`", "{{ (5.5).is_integer() }}"),
    ("`{0.real}`", "{{ '{0.real}'.format(1) }}"),
    ("`{!a}`", "{{ '{!a}'.format('a') }}"),
    ("`x.upper is defined`", "{{ 'a'.upper is defined }}"),
    ("`loop.cycle is defined`", "{% for i in [1] %}{{ loop.cycle is defined }}{% endfor %}"),
    ("`self is defined`", "{{ self is defined }}"),
    ("`__class__`", "{{ 'a'.__class__ }}"),
    ("`%` on texts", "{{ 'a %s' % 'b' }}"),
    (r"`\/`", r"{{ '\/' }}"),
    (r"`\a`", r"{{ '\a' }}"),
    (r"`\777`", r"{{ '\777' }}"),
    (r"`\U…`", r"{{ '\U0001F600' }}"),
    (r"`\N{…}`", r"{{ '\N{BULLET}' }}"),
    ("`replace('l', '<')`", "{{ ('<'|e).replace('l', '<') }}"),
    ("digits of other scripts", "{{ '٣'|int }}"),
    ("`2**200`", "{{ 2**200 }}"),
    ("`(-8) ** 0.5`", "{{ (-8) ** 0.5 }}"),
    ("`+5`", "{{ +5 }}"),
    ("`{{ cookiecutter }}`", "{{ cookiecutter }}"),
    ("`items()`", "{{ cookiecutter.d.items() }}"),
    ("`batch`", "{{ [1]|batch(1) }}"),
    ("`cycler()`", "{{ cycler('a') }}"),
    ("`range(5)[1:3]`", "{{ range(5)[1:3] }}"),
    ("`{% autoescape true %}`", "{% autoescape true %}{% endautoescape %}"),
    ("`m.arguments`", "{% macro m(a) %}{% endmacro %}{{ m.arguments }}"),
    ("`macro a(x, y=x)`", "{% macro a(x, y=x) %}{% endmacro %}"),
    (r#"`set a, b = "xy"`"#, r#"{% set a, b = "xy" %}"#),
    ("`{{ 1, 2 }}`", "{{ 1, 2 }}"),
];

/// The section of README.
fn section() -> &'static str {
    let (_, rest) =
        include_str!("../../README.md").split_once("#### What is refused of templates").expect("it has one");
    rest.split_once("`schema`, `completions`").expect("it ends").0
}

fn of_file(content: &str) -> Project {
    template(r#"{"name": "x", "d": {"a": 1}}"#, &[("a.txt", content)])
}

#[test]
fn what_the_readme_names_is_refused_with_its_place() {
    for (named, content) in REFUSED {
        assert!(section().contains(named), "README does not name {named}");
        ours(&of_file(content), &[]).code(2).says("a.txt, line 1");
    }
}

#[test]
fn what_is_near_to_it_is_taken() {
    for content in [
        "{% for i in [1] %}{{ loop.cycle('a') }}{{ loop.changed(i) }}{% endfor %}",
        "{{ {'arguments': 1}.arguments }}{% set x = {'cycle': 2} %}{{ x.cycle is defined }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1) }}{{ m.name }}",
        "{% set a, b = [1, 2] %}{{ a }}{{ (1, 2) }}{{ -5 }}{{ 'Ä é'|slugify }}{{ [1]|reverse|list }}",
    ] {
        ours(&of_file(content), &[]).ok();
    }
}
