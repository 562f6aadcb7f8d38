//! Cookiecutter templates come out as the real cookiecutter, from its registry, makes them: every byte.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::{self, Project, peer};
use crate::templates::{compare, ours, template, tree};

/// Questions of every kind.
const QUESTIONS: &str = r#"{
    "name": "My Project",
    "slug": "{{ cookiecutter.name.lower().replace(' ', '_') }}",
    "title": "{{ cookiecutter.slug|title }} {{ cookiecutter.slug.title() }}",
    "port": 8000,
    "ratio": 1.5,
    "docs": true,
    "tests": false,
    "licence": ["MIT", "BSD {{ cookiecutter.port }}", "none"],
    "flags": [true, false],
    "deep": {"{{ cookiecutter.slug }}": {"list": ["{{ cookiecutter.port }}", 2, null, true]}, "b": "x"},
    "_private": "{{ not rendered }}",
    "__secret": "{{ cookiecutter.slug }}-x",
    "__list": ["{{ cookiecutter.slug }}", 1],
    "__prompts__": {"name": "What is it called?", "licence": {"__prompt__": "Which one?", "MIT": "the short one"}},
    "_copy_without_render": ["raw/*", "*.raw", "{{cookiecutter.slug}}_kept"]
}"#;

/// Files that use what templates use.
const FILES: [(&str, &str); 20] = [
    (
        "README.md",
        "# {{ cookiecutter.title }}\n{{ _cookiecutter.slug }} {{ _cookiecutter.licence }} {{ _cookiecutter.port ~ 1 }}\n{% for k, v in cookiecutter.items() %}{{ k }}: {{ v }}\n{% endfor %}",
    ),
    (
        "types.txt",
        "{{ cookiecutter.docs }} {{ cookiecutter.port + '1' }} {{ cookiecutter.ratio }} {{ cookiecutter.flags }} {{ cookiecutter.deep }} {{ cookiecutter.__list }} {{ cookiecutter._private }} {{ cookiecutter.__secret }} {{ 1 / 3 }} {{ 1e20 }} {{ 2 ** 10 }} {{ none }} {{ [1.0, 'a', \"it's\"] }} {{ (1,) }} {{ {'a': none} }}",
    ),
    (
        "json.txt",
        "{{ cookiecutter.deep|jsonify }}\n{{ cookiecutter.deep|tojson }}\n{{ 'ä<>&\\'\"'|tojson }} {{ cookiecutter.deep|jsonify(2) }}",
    ),
    (
        "logic.txt",
        "{%- if cookiecutter.docs and not cookiecutter.tests -%}\n yes \n{%- elif cookiecutter.licence == 'none' %}none{% else %} no {%- endif %}\n{% for x in ['a', 'b'] -%}\n{{ loop.index }}/{{ loop.length }} {{ x }}{{ ', ' if not loop.last }}\n{%- else %}empty{% endfor %}\n{% raw %}{{ kept }} {% now %}{% endraw %}\n{# gone #}\n",
    ),
    (
        "sets.txt",
        "{% set a, b = 1, 2 %}{{ a + b }}{% set block %}in {{ cookiecutter.name }}{% endset %}{{ block|upper }}{% set ns = namespace(n=0) %}{% for i in range(5) %}{% if i is odd %}{% set ns.n = ns.n + i %}{% endif %}{% endfor %}{{ ns.n }}{% with x = 3 %}{{ x }}{% endwith %}{% filter upper %}shout{% endfilter %}",
    ),
    (
        "macros.txt",
        "{% macro greet(who, sign='!') %}Hi {{ who }}{{ sign }}{% endmacro %}{{ greet('Ada') }} {{ greet('Bob', sign='?') }}{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}x{% endcall %}",
    ),
    (
        "objects.txt",
        "{% for g in [{'n': 'x', 'm': 1}, {'n': 'y', 'm': 2}]|groupby('n') %}{{ g }} {{ g.grouper }} {{ g.list|length }}{% endfor %}{% for k, v in [{'n': 'x'}]|groupby('n') %}{{ k }}{{ v }}{% endfor %}\n\
         {{ range(3) }} {{ range(1, 9, 2) }} {{ range(9, 1, -3)|list }} {{ range(3)[1] }} {{ range(4)|sum }} {{ ['a\u{200b}b', '\u{2003}'] }}\n\
         {% set row = cycler('odd', 'even') %}{{ row.next() }}{{ row.next() }}{{ row.current }}{{ row.next() }}{{ row.reset() }}{{ row.next() }} {% set sep = joiner('|') %}{{ sep() }}a{{ sep() }}b\n\
         {{ range is callable }} {{ 'x' is callable }} {{ {'b': 1, 'a': 2}|dictsort(false, 'value', true) }} {{ ['b', 'B', 'b']|unique(true)|list }} {{ ['b', 'B']|unique|list }} {{ {'b': 1, 'a': 2}|dictsort(by='value') }} {{ ['b', 'B']|unique(case_sensitive=true)|list }} {{ 'a b c d'|truncate(length=5, leeway=0) }}\n\
         {{ '{x}-{y:>4}'.format(x=1, y='z') }} {{ '{}{{}}{n}{}'.format('a', 'b', n='c') }} {{ '{0}{x}{0}'.format(7, x=8) }} {{ 'a'.ljust(4, '.') }} {{ 'x'|center(5) }} {{ 'a b-c d'|wordwrap(3, break_on_hyphens=false) }} {{ 7|round(0, 'floor') }} {{ 15|round(-1, 'ceil') }} {{ -3|round(-1, method='ceil') }} {{ 15|round(-1, 'floor') }} {{ 7|round }} {{ 1234|round(-2) }} {{ 2.5|round }} {{ 2.51|round(1, 'floor') }} {{ -7|round(2, 'ceil') }} {{ 25.0|round(-1, 'ceil') }}",
    ),
    (
        "safe.txt",
        "{{ ('<'|e) == '&lt;' }} {{ ('<'|e) != '&lt;' }} {{ '&lt;' in ['<'|e] }} {{ ['<'|e] }} {{ ('<'|e).upper()|e }} {{ ('a'|e) < 'b' }} \
         {{ {'&lt;': 1}['<'|e] }} {{ ('a,<'|e).split(',') }} {{ ('<'|e) * 2 }} {{ ({'a': 1}|tojson) == '{\"a\": 1}' }} {{ ['<'|e, '&lt;']|unique|list }} {{ ('a,<'|e).partition(',') }}",
    ),
    (
        "blank.txt",
        "{{\u{a0}cookiecutter.slug\u{2003}}}\u{a0}{% if\u{a0}cookiecutter.docs\u{3000}%}\u{2009}'\u{a0}'{% endif %} {{ '\u{a0}'\u{b}}} {%- if\u{85}true -%}\u{a0} x {%- endif %}",
    ),
    ("child.txt", "{% extends 'base.txt' %}{% block body %}child of {{ super() }}{% endblock %}"),
    (
        "included.txt",
        "{% include 'part.txt' %}{% include 'nowhere.txt' ignore missing %}{% import 'macros.inc' as m %}{{ m.twice('x') }}{% from 'macros.inc' import twice %}{{ twice('y') }}",
    ),
    (
        "year.txt",
        "{% now 'utc', '%Y' %}{%- now 'local' -%} {% now 'utc' + 'days=3650', '%Y' %} {% now '+02:00' - 'weeks=520', '%Y' %} {% now 'Europe/Berlin', '%Y|%%' %}",
    ),
    ("lf.txt", "a\n{{ cookiecutter.slug }}\n"),
    ("crlf.txt", "a\r\n{{ cookiecutter.slug }}\r\n"),
    ("mixed.txt", "a\r\n{{ cookiecutter.slug }}\nb\n"),
    ("bom.txt", "\u{feff}{{ cookiecutter.slug }} ünïcode\n"),
    ("{% if cookiecutter.docs %}docs.md{% endif %}", "docs"),
    ("{% if cookiecutter.tests %}tests{% endif %}/test.py", "assert {{ cookiecutter.port }}"),
    ("raw/{{ cookiecutter.slug }}.txt", "{{ untouched }}"),
    ("{{ cookiecutter.slug }}.raw", "{{ untouched }}"),
];

fn whole() -> Project {
    let project = template(QUESTIONS, &FILES);
    let inside = "template/{{cookiecutter.name}}";
    project.write(
        &format!("{inside}/base.txt"),
        "base {% block body %}of {{ cookiecutter.slug }}{% endblock %}\n",
    );
    project.write("template/templates/part.txt", "part {{ cookiecutter.port }}\n");
    project.write("template/templates/macros.inc", "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}");
    project.write(
        &format!("{inside}/src/{{{{ cookiecutter.slug }}}}/{{{{ cookiecutter.slug }}}}.py"),
        "print('{{ cookiecutter.slug }}')\n",
    );
    project.write(&format!("{inside}/logo.png"), b"\x89PNG\r\n\x1a\n{{ bytes }}");
    project.write(&format!("{inside}/zeros"), [b"\x7fELF{{ x }}".as_slice(), &[0; 40]].concat());
    project.script(&format!("{inside}/run.sh"), "#!/bin/sh\necho {{ cookiecutter.port }}\n");
    std::fs::create_dir(project.path(&format!("{inside}/empty"))).expect("a folder can be made");
    std::os::unix::fs::symlink("lf.txt", project.path(&format!("{inside}/link.txt")))
        .expect("a link can be made");
    std::os::unix::fs::symlink("src", project.path(&format!("{inside}/linked"))).expect("a link can be made");
    project
}

#[test]
fn every_feature_comes_out_the_same() {
    let project = whole();
    let Some(made) = compare(&project, &["tests=yes"], &[]) else { return };
    assert!(
        made.contains_key("My Project/docs.md") && made.contains_key("My Project/tests/"),
        "{:?}",
        made.keys()
    );
    assert_eq!(made["My Project/run.sh"].as_ref().map(|(_, mode)| mode & 0o111), Some(0o111));
}

#[test]
fn other_answers_come_out_the_same() {
    let project = whole();
    let answers =
        ["name=Ünï_code's my-Project 2.0 & <co>", "docs=off", "tests=1", "licence=none", "port={{ 1 + 1 }}"];
    let Some(made) = compare(&project, &answers, &[]) else { return };
    assert!(!made.keys().any(|path| path.ends_with("docs.md")), "{:?}", made.keys());
}

#[test]
fn settings_of_the_engine_and_line_endings_are_kept() {
    let manifest = r##"{"name": "x", "_new_lines": "\r\n", "_jinja2_env_vars": {"trim_blocks": true, "lstrip_blocks": true,
        "comment_start_string": "<#", "comment_end_string": "#>", "line_statement_prefix": "%%"}}"##;
    let text = "a\n   {% if true %}\n  b\n   {% endif %}\n<# gone #>\n%% for i in [1, 2]\n{{ i }}\n%% endfor\n{# kept #}\n  {% now 'utc', '%Y' %}\nc";
    let project = template(manifest, &[("a.txt", text)]);
    let Some(made) = compare(&project, &[], &[]) else { return };
    let (bytes, _) = made["x/a.txt"].as_ref().expect("it is a file");
    assert!(bytes.ends_with(b"c") && bytes.windows(2).any(|two| two == b"\r\n"));
}

/// Jinja keeps the line break after `{% raw %}`, whatever is trimmed; what is set in scopes of both stays in them.
#[test]
fn line_breaks_after_raw_and_scopes_are_those_of_jinja() {
    let text = "a\n  {% raw %}\n  {{ x }}\n  {% endraw %}\n{%- raw -%}\n y {% endraw %}{% raw %}{% raw %}\n{% endraw %}\n\
        {% for i in [1] %}{% set x = i %}{% filter upper %}{% with %}{% set q = 'b' %}{{ q }}{{ x }}{% endwith %}{% endfilter %}{% endfor %}\n\
        {% set ns = namespace(a=1) %}{% filter upper %}{% set ns.a = 'c' %}{% endfilter %}{{ ns.a }}{{ q is defined }}\n\
        {% set y %}z{% endset %}{% if y %}{% set dict = y|upper %}{% else %}{% set dict = 2 %}{% endif %}{{ dict|lower }}{% block b %}{{ y }}{% endblock %}{{ self.b() }}\n";
    for settings in [
        r#""trim_blocks": true"#,
        r#""trim_blocks": true, "lstrip_blocks": true"#,
        r#""lstrip_blocks": true"#,
    ] {
        let manifest = format!(r#"{{"name": "x", "_jinja2_env_vars": {{{settings}}}}}"#);
        compare(&template(&manifest, &[("a.txt", text)]), &[], &[]);
    }
}

/// A default of the configuration is the choice that Python finds equal to it, and what the file says of it.
#[test]
fn choices_of_a_configuration_are_compared_as_python_does() {
    let project = template(
        r#"{"name": "x", "letter": ["y", "n"], "sure": [true, false], "count": [2, 1]}"#,
        &[("a.txt", "{{ cookiecutter.letter }} {{ cookiecutter.sure }} {{ cookiecutter.count }}\n")],
    );
    for defaults in [
        "letter: n",
        "letter: no",
        "sure: n",
        "sure: no",
        "sure: 0",
        "count: 1.0",
        "count: '1'",
        "count: true",
    ] {
        let text = format!("default_context: {{{defaults}}}\n");
        std::fs::write(project.home().join(".cookiecutterrc"), text).expect("it can be written");
        compare(&project, &[], &[]);
    }
}

/// Words of a configuration are read as `PyYAML` reads them.
#[test]
fn values_of_a_configuration_are_those_of_yaml_1_1() {
    let project = template(
        r#"{"name": "x", "a": "", "b": "", "_c": "", "d": {"e": 1}}"#,
        &[(
            "a.txt",
            "{{ cookiecutter.a }} {{ cookiecutter.b }} {{ cookiecutter._c }} {{ cookiecutter.d }}\n",
        )],
    );
    let configuration = |text: &str| {
        std::fs::write(project.home().join(".cookiecutterrc"), text).expect("it can be written");
    };
    for [a, b, c] in [
        ["010", "0o10", "08"],
        ["1e3", "1.0e+3", "1.5e3"],
        ["1:30", "-1:30:15", "1:60"],
        ["1:30.5", "190:20:30.15", "0:30"],
        [".inf", "-.Inf", ".nan"],
        ["0x1F", "0b101", "1_000"],
        ["-0", "+12", "-.5"],
        ["1.", ".5", "1_0.2_5"],
        ["1.2.3", "2020-1-1", "~"],
        ["!!str 010", "!!float 3", "! 5"],
        ["on", "Off", "oN"],
        ["0.1e-7", "123456789.0e+9", "9223372036854775807"],
        ["9223372036854775808", "-0xFFFF_FFFF_FFFF_FFFF_FFFF", "123456789012345678901234567890"],
        ["-.inf", ".NaN", "+99999999999999999999"],
    ] {
        configuration(&format!("default_context: {{a: {a}, b: {b}, _c: {c}, d: {{e: {a}, f: {c}}}}}\n"));
        compare(&project, &[], &[]);
    }
    configuration(
        "usual: &usual {a: 1, b: 2}\ndefault_context:\n  yes: 1\n  2: 3\n  when: 2020-01-01\n  _c: 5\n  <<: *usual\n  b: 3\n  _c: 6\n",
    );
    compare(&project, &[], &[]);
    for (value, what) in [
        ("2020-01-01", "is a date"),
        ("1234567890123456789012345678901234567890", "is a number that is too large"),
        ("!!binary aGk=", "is a value with a tag"),
    ] {
        configuration(&format!("default_context: {{a: {value}}}\n"));
        let told = ours(&project, &[]).code(2).stderr;
        assert!(told.contains(&format!("the configuration's default for `a` {what}")), "{told}");
        assert!(!project.path("out").exists());
    }
    configuration("default_context: {d: {yes: 1}}\n");
    assert!(ours(&project, &[]).stderr.contains("default for `d` is an entry whose key is no text"));
}

#[test]
fn whole_numbers_and_lengths_come_out_the_same() {
    let expressions = [
        "('1' * 90000)|int",
        "'1_0'|int",
        "'1__0'|int",
        "'-0x1f'|int(5, 16)",
        "'0b11'|int(0, 0)",
        "' 42 '|int",
        "'inf'|int",
        "''|int",
        "-1.9|int",
        "[]|int(7)",
        "('9' * 30)|int + 1",
        "('<'|e)|length",
        "('<'|e)|e|count",
        "('<'|e) is string",
    ];
    let lines: Vec<String> = expressions.iter().map(|one| format!("{{{{ {one} }}}}\n")).collect();
    let text = lines.concat();
    compare(&template(r#"{"name": "x"}"#, &[("a.txt", &text)]), &[], &[]);
}

#[test]
fn numbers_of_a_template_are_those_of_python() {
    let numbers = [
        "123456789012345678901234567890",
        "-18446744073709551616",
        "-0",
        "1e5",
        "1E400",
        "12345678901234567890123.5",
        "0.30000000000000004",
        "NaN",
        "Infinity",
        "-Infinity",
    ];
    let rows = numbers.iter().enumerate().map(|(at, number)| {
        format!(
            r#", "n{at}": {number}, "_n{at}": [{number}], "c{at}": [{number}, 1], "d{at}": {{"k": {number}}}"#
        )
    });
    let json = format!(r#"{{"name": "x"{}}}"#, rows.collect::<String>());
    let lines = (0..numbers.len()).map(|at| {
        format!(
            "{{{{ cookiecutter.n{at} }}}} {{{{ cookiecutter._n{at} }}}} {{{{ cookiecutter.c{at} }}}} {{{{ cookiecutter.d{at}|jsonify }}}} {{{{ _cookiecutter.n{at} + 1 }}}} {{{{ cookiecutter._n{at}|jsonify }}}}\n"
        )
    });
    compare(&template(&json, &[("a.txt", &lines.collect::<String>())]), &[], &[]);
    let long = template(&format!(r#"{{"name": {}}}"#, "9".repeat(40)), &[("a.txt", "a")]);
    ours(&long, &[]).code(2).says("whole numbers of more than 38 digits have no match here");
}

#[test]
fn a_configuration_and_a_replay_are_understood() {
    let Some(oracle) = peer("cookiecutter") else { return };
    let project = template(
        r#"{"name": "x", "who": "nobody", "pick": ["a", "b"]}"#,
        &[("a.txt", "{{ cookiecutter.who }} {{ cookiecutter.pick }}\n")],
    );
    project.write("config.yml", "default_context:\n  who: Ada\n  pick: b\nreplay_dir: kept\n");
    std::fs::write(project.home().join(".cookiecutterrc"), "default_context: {who: Bob}\n")
        .expect("it can be written");
    let made = compare(&project, &[], &[]).expect("the peer is there");
    assert_eq!(made["x/a.txt"].as_ref().map(|(bytes, _)| bytes.as_slice()), Some(b"Bob a\n".as_slice()));
    // Answers that cookiecutter keeps are replayed here, and ours there.
    let with = |words: &[&str]| {
        let mut command = project.command(&oracle);
        command.args(words);
        support::finish(command).ok();
        let made = project.read("out/x/a.txt");
        project.remove("out");
        made
    };
    with(&["template", "--no-input", "--config-file", "config.yml", "-o", "out", "who=Eve"]);
    project.typed(&["new", "./template", "--config-file", "config.yml", "--replay", "-o", "out"]).ok();
    assert_eq!(project.read("out/x/a.txt"), "Eve b\n");
    project.remove("out");
    project
        .typed(&[
            "new",
            "./template",
            "--config-file",
            "config.yml",
            "--defaults",
            "--set",
            "who=Zoë",
            "-o",
            "out",
        ])
        .ok();
    project.remove("out");
    assert_eq!(with(&["template", "--config-file", "config.yml", "--replay", "-o", "out"]), "Zoë b\n");
}

#[test]
fn menus_are_followed() {
    let menu = r#"{"templates": {"one": {"path": "./one"}, "two": {"path": "sub/two", "title": "Two"}}}"#;
    let project = Project::bare();
    project.write("template/cookiecutter.json", menu);
    for (folder, text) in [("one", "1"), ("sub/two", "2")] {
        project.write(&format!("template/{folder}/cookiecutter.json"), r#"{"name": "x"}"#);
        project.write(
            &format!("template/{folder}/{{{{cookiecutter.name}}}}/a.txt"),
            format!("{text} {{{{ cookiecutter._template }}}}\n"),
        );
    }
    if compare(&project, &[], &[]).is_none() {
        return;
    }
    ours(&project, &["templates=two"]).ok();
    assert!(project.read("out/x/a.txt").starts_with("2 "));
    project.remove("out");
    ours(&project, &["templates=three"]).code(2).says("one of `one` and `two`");
    project.write("template/cookiecutter.json", r#"{"template": ["Two (./sub/two)", "One (one)"]}"#);
    compare(&project, &[], &[]).expect("the peer is there");
}

/// Serves bytes to two programs, one after the other, as a file of an address.
fn served(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has one").port();
    std::thread::spawn(move || {
        for connection in listener.incoming().take(2) {
            let mut connection = connection.expect("somebody connects");
            let mut asked = [0; 4096];
            let mut seen = Vec::new();
            while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
                let count = connection.read(&mut asked).expect("it is asked");
                seen.extend_from_slice(&asked[..count]);
            }
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            connection.write_all(&[head.as_bytes(), &bytes].concat()).expect("it can be answered");
        }
    });
    format!("http://127.0.0.1:{port}/u.zip")
}

#[test]
fn a_zip_file_and_a_repository_come_out_the_same() {
    let (Some(oracle), Some(python)) = (peer("cookiecutter"), peer("python-with-cookiecutter")) else {
        return;
    };
    let project = template(
        r#"{"name": "x"}"#,
        &[("a.txt", "{{ cookiecutter.name }} {{ cookiecutter._checkout }}\n"), ("run.sh", "#!/bin/sh\n")],
    );
    project.rename("template", "repo.git/deep");
    project.program("git", ["-C", "repo.git", "init", "-q", "-b", "main"]).ok();
    project.program("git", ["-C", "repo.git", "add", "-A"]).ok();
    project.program("git", ["-C", "repo.git", "commit", "-q", "-m", "template"]).ok();
    project.program("git", ["-C", "repo.git", "tag", "v1"]).ok();
    let zip = "import shutil; shutil.make_archive('t', 'zip', '.', 'repo.git/deep')";
    project.program(python, ["-c", zip]).ok();
    project.program("python3", ["-c", "import zipfile; z = zipfile.ZipFile('u.zip', 'w'); z.writestr('top/', ''); z.write('repo.git/deep/cookiecutter.json', 'top/cookiecutter.json'); z.writestr('top/{{cookiecutter.name}}/a.txt', 'zipped {{ cookiecutter.name }}')"]).ok();
    let address = format!("git+file://{}/repo.git", project.root().display());
    let far = served(std::fs::read(project.path("u.zip")).expect("it was just made"));
    let ways = [
        vec![address.as_str(), "--directory", "deep", "--checkout", "v1"],
        // Only the directory inside has a `cookiecutter.json`.
        vec!["./repo.git", "--directory", "deep"],
        vec!["u.zip"],
        vec![far.as_str()],
    ];
    for words in ways {
        let mut command = project.command(&oracle);
        command.args(&words).args(["--no-input", "-o", "out"]);
        support::finish(command).ok();
        let expected = tree(&project.path("out"));
        project.remove("out");
        let ours: Vec<&str> = ["new"].into_iter().chain(words).chain(["--defaults", "-o", "out"]).collect();
        project.typed(&ours).ok();
        assert_eq!(tree(&project.path("out")), expected);
        project.remove("out");
    }
}

#[test]
fn hooks_come_out_the_same() {
    let files = [
        ("a.txt", "a\n"),
        ("gone.txt", "gone\n"),
        ("c.txt", "{{ cookiecutter.update({'more': 2}) }}\n"),
        ("d.txt", "{{ cookiecutter.more }}\n"),
        ("b.txt", "[{{ cookiecutter.padded }}] {{ cookiecutter.more }}\n"),
        (
            "/hooks/pre_gen_project.py",
            "# {{ cookiecutter.update({'padded': cookiecutter.padded|trim, 'more': 1}) }}\nopen('before.txt', 'w').write('{{ cookiecutter.name }}{{ cookiecutter.padded }}')\n",
        ),
        ("/hooks/post_gen_project.sh", "#!/bin/sh\nrm gone.txt\necho {{ cookiecutter.name }} > after.txt\n"),
        (
            "/hooks/pre_prompt.py",
            "import json\nq = json.load(open('cookiecutter.json'))\nq['name'] = 'y'\njson.dump(q, open('cookiecutter.json', 'w'))\n",
        ),
    ];
    let project = template(r#"{"name": "x", "padded": " v "}"#, &files);
    let Some(oracle) = peer("cookiecutter") else { return };
    let mut command = project.command(oracle);
    command.args(["template", "--no-input", "-o", "out"]);
    support::finish(command).ok();
    let expected = tree(&project.path("out"));
    project.remove("out");
    project.typed(&["new", "./template", "--defaults", "--hooks", "run", "-o", "out"]).ok();
    assert_eq!(tree(&project.path("out")), expected);
    assert!(
        expected.contains_key("y/after.txt") && !expected.contains_key("y/gone.txt"),
        "{:?}",
        expected.keys()
    );
}

#[test]
fn what_a_hook_starts_in_a_session_of_its_own_ends_with_it() {
    for (end, code) in [("", 0), ("sleep 60\n", 1)] {
        let hook =
            format!("#!/bin/sh\nsetsid sleep 7654.25 >/dev/null 2>&1 &\necho $! > \"$HOME/pid\"\n{end}");
        let project = template(r#"{"name": "x"}"#, &[("/hooks/post_gen_project.sh", &hook)]);
        let words = ["new", "./template", "--defaults", "-o", "out", "--hooks", "run", "--hook-timeout", "1"];
        project.typed(&words).code(code);
        let pid = std::fs::read_to_string(project.home().join("pid")).expect("it was started");
        let words = std::fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&words).contains("7654.25"), "it goes on: {pid}");
    }
}

/// What cookiecutter takes for bytes is copied, whatever stands in it: catalogues, tables, numbers.
#[test]
fn bytes_are_told_from_text_as_there() {
    let project = template(r#"{"name": "x"}"#, &[("a.txt", "{{ cookiecutter.name }}")]);
    let mut numbers = Vec::new();
    (0..60_u16).for_each(|n| numbers.extend((f32::from(n) / 7.0).to_le_bytes()));
    let mut catalogue = b"\xde\x12\x04\x95\0\0\0\0\x02\0\0\0\x1c\0\0\0\x2c\0\0\0\x05\0\0\0".to_vec();
    catalogue.extend(b"<\0\0\0\0\0\0\0P\0\0\0\x05\0\0\0Q\0\0\0D\0\0\0W\0\0\0\x07\0\0\0\x9c\0\0\0\0hello\0Content-Type: text/plain; charset=UTF-8\n\0h\xc3\xa4llo {{ x }}\0");
    let mut table = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0".to_vec();
    table.extend([[0; 12].as_slice(), &[0xff; 8], &[0, 8, 0, 0, 0, 0, 0, 0], &[0xff; 8], &[0; 300]].concat());
    for (name, bytes) in [("numbers.dat", numbers), ("de.mo", catalogue), ("table.h5", table)] {
        project.write(&format!("template/{{{{cookiecutter.name}}}}/{name}"), bytes);
    }
    compare(&project, &[], &[]);
}
