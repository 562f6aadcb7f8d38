//! What is refused of cookiecutter templates, with file, line and reason, before anything is written.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{self, Project};
use crate::templates::{ours, template};

/// Asserts that a template is refused with these words and that not a trace is left.
#[track_caller]
fn refused(project: &Project, answers: &[&str], says: &str) {
    ours(project, answers).code(2).says(says);
    clean(project);
}

#[track_caller]
fn clean(project: &Project) {
    let names = |dir| {
        let entries = fs::read_dir(dir)
            .map(|entries| entries.map(|entry| entry.expect("it reads").file_name()).collect());
        entries.unwrap_or_else(|_| Vec::new())
    };
    assert_eq!(names(project.path("out")), Vec::<std::ffi::OsString>::new());
    assert!(!names(project.root()).iter().any(|name| name.to_string_lossy().starts_with(".minipach")));
}

fn one(content: &str) -> Project {
    template(r#"{"name": "x"}"#, &[("good.txt", "good"), ("z/bad.txt", content)])
}

#[test]
fn what_cannot_be_made_alike_is_refused_with_its_place() {
    let cases = [
        ("a\n\n{{ [1, 2]|random }}", "z/bad.txt, line 3", "`random` gives another result each time"),
        ("{{ uuid4() }}", "z/bad.txt, line 1", "`uuid4` gives another result"),
        ("{{ random_ascii_string(3) }}", "z/bad.txt, line 1", "`random_ascii_string` gives"),
        ("\n{{ '%s' % 'x' }}", "z/bad.txt, line 2", "%"),
        ("{{ {'b': 2}.update({'a': 1}) }}", "z/bad.txt, line 1", "`update()` changes a value"),
        ("{{ cookiecutter.nothing }}", "z/bad.txt, line 1", "undefined"),
        ("{{ cookiecutter }}", "z/bad.txt, line 1", "as its version has it"),
        ("{{ {'a': 1}.items() }}", "z/bad.txt, line 1", "as its version has it"),
        ("{{ ('<'|e) + '<' }}", "z/bad.txt, line 1", "+"),
        ("{{ 'x'|nothing }}", "z/bad.txt, line 1", "unknown filter"),
        ("{{ 'x'.encode() }}", "z/bad.txt, line 1", "unknown method"),
        ("a\n{% if x %}", "z/bad.txt, line 2", "syntax error"),
        ("{{ '私'|slugify }}", "z/bad.txt, line 1", "letter `私`"),
        ("{{ ['a', 'b']|sum(start='') }}", "z/bad.txt, line 1", "`sum` adds up no texts"),
        ("{{ []|sum(none, 'x') }}", "z/bad.txt, line 1", "`sum` adds up no texts"),
        ("{{ 'x'|pprint }}", "z/bad.txt, line 1", "`pprint` has no match here"),
        ("{% now 'Mars/Olympus' %}", "z/bad.txt, line 1", "no time zone"),
        ("{% now 'utc' + 'fortnights=1' %}", "z/bad.txt, line 1", "cannot be moved"),
        ("{{ '\\N{BULLET}' }}", "z/bad.txt, line 1", "a letter by its name"),
        ("{{ cookiecutter.name.upper is defined }}", "z/bad.txt, line 1", "whether a method is defined"),
        ("{% include 'nowhere' %}", "z/bad.txt, line 1", "nowhere"),
        ("\n{{ [1]|reverse }}", "z/bad.txt, line 2", "make it a list with `list`"),
        ("\n{{ [1]|map('string') }}", "z/bad.txt, line 2", "by its place in memory"),
        ("{{ [1]|map('string')|length }}", "z/bad.txt, line 1", "has no length in Python"),
        ("{{ [1]|map('string')|tojson }}", "z/bad.txt, line 1", "make it a list with `list`"),
        ("{{ ([1]|map('string'))[0] }}", "z/bad.txt, line 1", "undefined"),
        ("{{ nothing is iterable }}", "z/bad.txt, line 1", "undefined"),
        ("{{ 5|indent }}", "z/bad.txt, line 1", "make one with `string`"),
        (
            "{{ 'abc'|attr('upper') is defined }}",
            "z/bad.txt, line 1",
            "`attr('upper')` gives what has no match",
        ),
        ("\n{{ {'items': 1}.items is number }}", "z/bad.txt, line 2", "use `['items']` for an entry"),
        ("{{ '١'.isdigit() }}", "z/bad.txt, line 1", "digits of other scripts"),
        ("{{ (-8) ** 0.5 }}", "z/bad.txt, line 1", "write the exponent as a whole number"),
        ("{{ -8 ** 0.5 }}", "z/bad.txt, line 1", "write the exponent as a whole number"),
        ("\n{{ 007 }}", "z/bad.txt, line 2", "`007` is no number in Jinja"),
        ("{{ 1__0 }}", "z/bad.txt, line 1", "`1__0` is no number in Jinja"),
        ("{{ 1.e3 }}", "z/bad.txt, line 1", "`1.e3` is no number in Jinja"),
        ("\n{{ 1 < 'a' }}", "z/bad.txt, line 2", "make a number of it with `int`"),
        ("\n{{ [1, 'a']|sort }}", "z/bad.txt, line 2", "make them alike"),
        ("{{ [{'a': 1}, {'a': 'x'}]|max(attribute='a') }}", "z/bad.txt, line 1", "make them alike"),
        ("{{ none < 1 }}", "z/bad.txt, line 1", "make a number of it with `int`"),
        ("{% if cookiecutter.name > 3 %}{% endif %}", "z/bad.txt, line 1", "make a number of it with `int`"),
    ];
    cases.into_iter().for_each(are_refused);
}

#[test]
fn what_jinja_does_otherwise_is_refused_with_its_place() {
    let cases = [
        ("{{ range(5)[1:3] }}", "{{cookiecutter.name}}/z/bad.txt, line 1", "is a range in Python"),
        ("{% for i in [1] %}{% break %}{% endfor %}", "z/bad.txt, line 1", "cookiecutter does not load"),
        ("{{ 'x'|format(1) }}", "z/bad.txt, line 1", "more than its text takes in"),
        ("{{ [{'a': 1}, {}]|rejectattr('a')|list }}", "z/bad.txt, line 1", "undefined"),
        ("{{ '{x.y}'.format(x={'y': 1}) }}", "z/bad.txt, line 1", "asks for an attribute of Python"),
        ("{% macro m(a, b=a) %}{% endmacro %}", "z/bad.txt, line 1", "names another parameter"),
        ("{{ 'x'|pprint }}", "z/bad.txt, line 1", "type `minipach adopt TEMPLATE`"),
        (
            "{% for i in [] %}{% else %}\n{% set x = 3 %}{% endfor %}",
            "z/bad.txt, line 2",
            "is gone after it in Jinja",
        ),
        (
            "{% set y %}{% if true %}{% set x = 2 %}{% endif %}{% endset %}",
            "z/bad.txt, line 1",
            "is gone after it",
        ),
        ("{% set y|upper %}{% set x = 2 %}{% endset %}", "z/bad.txt, line 1", "is gone after it"),
        ("{% filter upper %}{% set x = 'b' %}{% endfilter %}", "z/bad.txt, line 1", "is gone after it"),
        ("{% autoescape false %}{% set x = 2 %}{% endautoescape %}", "z/bad.txt, line 1", "is gone after it"),
        (
            "{% for i in [1] %}{% block q %}{% endblock %}{% endfor %}",
            "z/bad.txt, line 1",
            "a `block` does not see",
        ),
        ("{{ self is defined }}", "z/bad.txt, line 1", "whether `self` is something"),
        ("{{ range }}", "z/bad.txt, line 1", "in words of its own"),
        ("\n{% set c = \"a \\\n -it\" %}{{ c }}", "z/bad.txt, line 2", "means something else in Python"),
        ("{% autoescape true %}{{ '<'|safe ~ '>' }}{% endautoescape %}", "z/bad.txt, line 1", "by `|e`"),
        ("{{ lipsum }}", "z/bad.txt, line 1", "in words of its own"),
        ("{{ dict }}", "z/bad.txt, line 1", "in words of its own"),
        ("{{ namespace }}", "z/bad.txt, line 1", "in words of its own"),
        ("{{ cycler('a') }}", "z/bad.txt, line 1", "in words of its own"),
        ("{{ joiner() }}", "z/bad.txt, line 1", "in words of its own"),
        ("{% macro m() %}{% endmacro %}{{ m }}", "z/bad.txt, line 1", "in words of its own"),
        ("{{ range ~ 'x' }}", "z/bad.txt, line 1", "words of its own for a function"),
        ("{{ range|upper }}", "z/bad.txt, line 1", "words of its own for a function"),
    ];
    cases.into_iter().for_each(are_refused);
}

fn are_refused((content, place, why): (&str, &str, &str)) {
    let project = one(content);
    ours(&project, &[]).code(2).says(place).says(why);
    clean(&project);
}

#[test]
fn comments_to_the_end_of_a_line_are_refused_with_their_place() {
    let manifest = r#"{"name": "x", "_jinja2_env_vars": {"line_comment_prefix": "//"}}"#;
    let project = template(manifest, &[("a.txt", "{{ 1 }}\nhttp://x/{{ 1 }}\nb\n")]);
    refused(&project, &[], "a.txt, line 2: ");
    let project = template(manifest, &[("a.txt", "{{ 1 }} / 2\n")]);
    ours(&project, &[]).ok();
}

#[test]
fn what_would_take_all_memory_or_time_is_refused_with_its_place() {
    let cases = [
        (
            "{{ 'a'.ljust(99999999999) }}",
            "z/bad.txt, line 1",
            "`width` of `ljust` is 99999999999; the most is 1000000",
        ),
        ("a\n\n{{ ('<'|e) + 'a' }}", "z/bad.txt, line 3", "`+` with what `e`, `safe` or `tojson` gave"),
        ("{{ ('<'|e).replace('l', '<') }}", "z/bad.txt, line 1", "escapes what it is given"),
        ("{{ 'a'|center(99999999999) }}", "z/bad.txt, line 1", "`width` of `center` is 99999999999"),
        ("{{ 'a'.zfill(99999999999) }}", "z/bad.txt, line 1", "`width` of `zfill` is 99999999999"),
        ("{{ 'a\nb'|indent(99999999999) }}", "z/bad.txt, line 2", "more than 4 million steps"),
        ("{{ '%99999999999s'|format('a') }}", "z/bad.txt, line 1", "more than 4 million steps"),
        ("{{ '{:>99999999999}'.format('a') }}", "z/bad.txt, line 1", "too wide"),
        ("{{ [1]|batch(99999999999, 'x')|list }}", "z/bad.txt, line 1", "more than 4 million steps"),
        ("{{ [1, [2]]|tojson(99999999999) }}", "z/bad.txt, line 1", "`indent` of `tojson` is 99999999999"),
        ("{{ [1, [2]]|jsonify(indent=99999999999) }}", "z/bad.txt, line 1", "the most is 1000000"),
        ("{{ ([[1]] * 999)|tojson(999999) }}", "z/bad.txt, line 1", "more than 4 million steps"),
        ("{{ '%999999999999d' % 1 }}", "z/bad.txt, line 1", "%"),
        ("{{ ('a' * 9000000).replace('a', 'b' * 99) }}", "z/bad.txt, line 1", "or 256 MB"),
        ("{{ ('a' * 9000).join([''] * 99999) }}", "z/bad.txt, line 1", "or 256 MB"),
        ("{{ ('a' * 9000000).split('a')|length }}", "z/bad.txt, line 1", "or 256 MB"),
        ("{{ ('\t' * 999).expandtabs(999999) }}", "z/bad.txt, line 1", "or 256 MB"),
        ("{{ ('{0:>999999}' * 999).format(1) }}", "z/bad.txt, line 1", "or 256 MB"),
        ("{{ ('x' * 99)|wordwrap(1, true, 'a' * 9000000) }}", "z/bad.txt, line 1", "or 256 MB"),
        ("{{ ('1' * 300)|int }}", "z/bad.txt, line 1", "more than 38 digits"),
        ("{{ 'ab' * 99999999999 }}", "z/bad.txt, line 1", "or 256 MB"),
        (
            "{% set all = namespace(of='a') %}{% for i in range(60) %}{% set all.of = all.of ~ all.of %}{% endfor %}",
            "z/bad.txt, line 1",
            "or 256 MB",
        ),
    ];
    cases.into_iter().for_each(are_refused);
}

#[test]
fn python_extensions_and_unknown_settings_are_refused() {
    for (setting, says) in [
        (
            r#""_extensions": ["jinja2_time.TimeExtension"]"#,
            "cookiecutter.json, line 1: `_extensions` wants the Python extension `jinja2_time.TimeExtension`",
        ),
        (r#""_jinja2_env_vars": {"autoescape": true}"#, "sets `autoescape`"),
        (r#""_new_lines": "x""#, "no line ending"),
        (r#""pick": []"#, "no choices for `pick`"),
        (r#""broken": "{{ cookiecutter.later }}", "later": 1"#, "(`broken`), line 1"),
    ] {
        refused(&template(&format!(r#"{{"name": "x", {setting}}}"#), &[("a.txt", "a")]), &[], says);
    }
    let of_value = "{\n  \"name\": \"x\",\n  \"key\": \"{{ random_ascii_string(3) }}\"\n}";
    refused(&template(of_value, &[("a.txt", "a")]), &[], "cookiecutter.json (`key`), line 3: ");
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let cases = [
        ("{{ cookiecutter.up }}", "which has a `..`"),
        ("{{ cookiecutter.root }}", "which is absolute"),
        ("{{ cookiecutter.git }}", "leads into a `.git`"),
        ("{{ cookiecutter.same }}", "another name of the template leads too"),
        ("{{ cookiecutter.deep }}", "whose folder the template does not make"),
    ];
    let manifest = r#"{"name": "x", "up": "../../evil", "root": "/tmp/evil", "git": ".git/config", "same": "a.txt", "deep": "no/x"}"#;
    for (name, says) in cases {
        refused(&template(manifest, &[("a.txt", "a"), (name, "evil")]), &[], says);
    }
    for (name, says) in
        [("", "which is empty"), ("../x", "has a `..`"), ("/x", "absolute"), (".git", "`.git`")]
    {
        refused(&template(r#"{"name": "x"}"#, &[]), &[&format!("name={name}")], says);
    }
}

#[test]
fn links_that_lead_out_are_refused() {
    let project = one("fine");
    fs::write(project.home().join("secret"), "secret").expect("it can be written");
    symlink("../../../secret", project.path("template/{{cookiecutter.name}}/key"))
        .expect("a link can be made");
    refused(&project, &[], "a link that leads out of the template");
    let project = template(r#"{"name": "x"}"#, &[("a.txt", "{% include 'key' %}"), ("/templates/other", "")]);
    fs::write(project.home().join("secret"), "secret").expect("it can be written");
    symlink("../../../secret", project.path("template/templates/key")).expect("a link can be made");
    refused(&project, &[], "`key` is a link that leads out of the template");
    let project = template(r#"{"name": "x", "_copy_without_render": ["tree"]}"#, &[]);
    symlink("/etc", project.path("template/{{cookiecutter.name}}/tree")).expect("a link can be made");
    refused(&project, &[], "a link that leads out of the template");
    let project = one("fine");
    symlink("gone.txt", project.path("template/{{cookiecutter.name}}/key")).expect("a link can be made");
    refused(
        &project,
        &[],
        "{{cookiecutter.name}}/key` of the template is a link to `gone.txt`, which is not there",
    );
}

#[test]
fn files_that_are_neither_text_nor_known_bytes_are_refused() {
    let project = one("fine");
    project.write(
        "template/{{cookiecutter.name}}/latin.txt",
        b"A long enough line of plain words in front of caf\xe9 and more\n",
    );
    refused(&project, &[], "/latin.txt` of the template is not UTF-8");
}

#[test]
fn wrong_answers_are_refused_with_the_right_ones() {
    let project = template(
        r#"{"name": "x", "yes": true, "pick": ["a", "b"], "dict": {"k": 1}, "flag": [true, false]}"#,
        &[],
    );
    refused(&project, &["yes=perhaps"], "give `yes` or `no`");
    refused(&project, &["pick=c"], "one of `a` and `b`");
    refused(&project, &["dict=x"], "a JSON object");
    refused(&project, &["nmae=y"], "asks no question `nmae`; it asks `name`");
    ours(&project, &["dict={\"k\": 2}", "flag=no"]).ok();
}

#[test]
fn templates_that_are_none_are_refused() {
    let project = Project::bare();
    let new = |words: &[&str]| project.typed(&[&["new", "-o", "out"], words].concat());
    project.write("template/cookiecutter.json", "{");
    new(&["./template", "--defaults"]).code(2).says("cannot be read");
    project.write("template/cookiecutter.json", "[]");
    new(&["./template", "--defaults"]).code(2).says("is not an object");
    project.write("template/cookiecutter.json", "{}");
    new(&["./template", "--defaults"]).code(2).says("has no project folder");
    for folder in ["{{cookiecutter.a}}", "{{cookiecutter.b}}"] {
        fs::create_dir(project.path(&format!("template/{folder}"))).expect("a folder can be made");
    }
    new(&["./template", "--defaults"]).code(2).says("several project folders");
    project.write("no.zip", "this is no zip file");
    new(&["no.zip", "--defaults"]).code(2).says("`").says("no.zip");
    new(&["http://127.0.0.1:1/x.zip", "--defaults"]).code(2).says("cannot be fetched");
    new(&["./nowhere", "--defaults"]).code(2).says("there is no `cookiecutter.json` in it");
    project.typed(&["new", "--defaults", "ext::sh -c x"]).code(2).says("a program as its transport");
    project.write("half/{{cookiecutter.name}}/a.txt", "");
    project.typed(&["new", "./half", "--defaults"]).code(2).says("no cookiecutter template");
    assert!(!project.exists("half/README.md"));
    new(&["hg+https://example.org/x", "--defaults"]).code(2).says("Mercurial");
    new(&["git+file:///nowhere/at-all.git", "--defaults"]).code(2).says("cannot be fetched");
    new(&["./template", "--directory", "../x", "--defaults"]).code(2).says("leads out");
    clean(&project);
}

#[test]
fn addresses_that_look_like_options_are_refused() {
    let project = one("fine");
    project.typed(&["new", "--defaults", "--", "--upload-pack=touch evil"]).code(2).says("begin with `-`");
    project
        .typed(&["new", "--defaults", "ssh://-oProxyCommand=touch%20evil/x"])
        .code(2)
        .says("cannot be fetched");
    project.typed(&["new", "./template", "--defaults", "--checkout=--orphan"]).code(2).says("begin with `-`");
    assert!(!project.exists("evil"));
}

#[test]
fn zip_files_that_lead_out_are_refused() {
    let project = Project::bare();
    let make = "import zipfile; z = zipfile.ZipFile('t.zip', 'w'); z.writestr('top/', ''); z.writestr('top/cookiecutter.json', '{}'); z.writestr('top/../../evil', 'x')";
    project.program("python3", ["-c", make]).ok();
    project.typed(&["new", "t.zip", "--defaults"]).code(2).says("leads out of it");
    project
        .program("python3", ["-c", "import zipfile; zipfile.ZipFile('f.zip', 'w').writestr('a', '')"])
        .ok();
    project.typed(&["new", "f.zip", "--defaults"]).code(2).says("does not begin with a folder");
}

#[test]
fn questions_without_a_terminal_are_refused() {
    let project = one("fine");
    project
        .typed(&["new", "./template", "-o", "out"])
        .code(2)
        .says("no terminal to ask for `name` on")
        .says("--defaults");
    clean(&project);
    project.typed(&["new", "./template", "-o", "out", "--set", "name=y"]).ok();
    assert_eq!(project.read("out/y/good.txt"), "good");
}

#[test]
fn what_stands_in_the_way_stays() {
    let project = one("fine");
    project.write("out/x/mine.txt", "mine");
    ours(&project, &[]).code(2).says("stands in the way");
    assert_eq!(project.read("out/x/mine.txt"), "mine");
    assert!(!project.exists("out/x/good.txt"));
}

#[test]
fn a_folder_that_stands_is_filled_or_completed_if_that_is_wanted() {
    let project = template(r#"{"name": "x"}"#, &[("a.txt", "new"), ("sub/b.txt", "new")]);
    project.write("out/x/a.txt", "mine").write("out/x/own.txt", "own");
    let into = |more: &[&str]| {
        project.typed(&[&["new", "./template", "--defaults", "--default-config", "-o", "out"], more].concat())
    };
    into(&["-s"]).code(2).says("or write into it with `--overwrite-if-exists`");
    into(&["-f", "-s"]).ok();
    assert_eq!((project.read("out/x/a.txt"), project.read("out/x/sub/b.txt")), ("mine".into(), "new".into()));
    into(&["-f"]).ok();
    assert_eq!((project.read("out/x/a.txt"), project.read("out/x/own.txt")), ("new".into(), "own".into()));
    project.remove("out/x/sub");
    project.write("out/x/sub", "a file").write("out/x/a.txt", "mine");
    into(&["-f"]).code(2).says("stands where a folder must go");
    assert_eq!(project.read("out/x/a.txt"), "mine", "nothing was written");
    project.remove("out/x");
    project.write("elsewhere/own.txt", "own");
    symlink(project.path("elsewhere"), project.path("out/x")).expect("a link");
    into(&["-f"]).code(2).says("stands in the way");
    assert!(!project.exists("elsewhere/a.txt"));
}

#[test]
fn folders_that_come_to_one_need_the_flag_that_overwrites() {
    for folder in ["a/{% if false %}x{% endif %}", "{{ '' }}", "{{ 'a' }}"] {
        let project = template(r#"{"name": "x"}"#, &[("a/b", "")]);
        project.write(&format!("template/{{{{cookiecutter.name}}}}/{folder}/.keep"), "");
        let says = "a folder that is made already; cookiecutter takes that with `-f` alone";
        if folder != "{{ '' }}" {
            project.typed(&["new", "./template", "--defaults", "-f", "-o", "out", "--dry-run"]).ok();
        }
        if let Some(oracle) = support::peer("cookiecutter") {
            let mut command = project.command(oracle);
            command.args(["./template", "--no-input", "-o", "peer"]);
            support::finish(command).code(1).says("already exists");
        }
        refused(&project, &[], says);
    }
}

#[test]
fn what_was_fetched_is_listed_and_laid_out_by_its_name() {
    let project = template(r#"{"name": "x"}"#, &[("a.txt", "a")]);
    project.typed(&["new", "--list-installed"]).code(0).says("no template was fetched yet");
    project.rename("template", "../cookiecutter-lab");
    for words in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "one"]] {
        let mut git = project.command("git");
        git.current_dir(project.path("../cookiecutter-lab")).args(words);
        support::finish(git).ok();
    }
    let address = format!("file://{}", project.path("../cookiecutter-lab").display());
    project.typed(&["new", &address, "--defaults", "-o", "one"]).ok();
    fs::create_dir_all(project.path("../.cookiecutters/no-template")).expect("a folder");
    assert_eq!(project.typed(&["new", "-l"]).ok(), "cookiecutter-lab\n");
    assert_eq!(project.typed(&["new", "-l", "--json"]).code(0).json()["template"], "cookiecutter-lab");
    project.typed(&["new", "cookiecutter-lab", "--record", "--defaults", "-o", "two"]).ok();
    assert_eq!((project.read("one/x/a.txt"), project.read("two/x/a.txt")), ("a".into(), "a".into()));
    // It goes on to be followed where it was fetched from.
    assert!(project.read("two/x/.minipach/answers.yml").contains("cookiecutter-lab\""));
    assert!(project.read("two/x/.minipach/answers.yml").contains("file://"));
    let elsewhere = Project::bare();
    elsewhere.typed(&["new", "cookiecutter-lab", "--defaults"]).ok();
    assert!(elsewhere.exists("cookiecutter-lab/minipach.yml"), "to others it is the name of a folder");
}

#[test]
fn folders_on_the_way_go_if_nothing_comes_of_them() {
    let project = one("fine");
    let long = "a".repeat(300);
    project
        .typed(&["new", "./template", "--defaults", "--set", &format!("name={long}"), "-o", "on/the/way"])
        .code(4);
    assert!(!project.exists("on"));
    project.typed(&["new", "./template", "--defaults", "-o", "on/the/way"]).ok();
    assert!(project.exists("on/the/way/x/good.txt"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let project = one("fine");
    project.write("out", "a file, no folder");
    ours(&project, &[]).code(4).says("out");
    assert_eq!(project.read("out"), "a file, no folder");
}

#[test]
fn a_dry_run_shows_the_tree_and_writes_nothing() {
    let project = one("fine");
    let said = project.typed(&["new", "./template", "--dry-run", "-o", "out"]).ok();
    assert!(said.contains("good.txt\nz/\nz/bad.txt\n"), "{said}");
    clean(&project);
    let told = project.typed(&["new", "./template", "--defaults", "-o", "out", "--json"]).code(0).json();
    assert_eq!(told["files"], serde_json::json!([".keep", "good.txt", "z/bad.txt"]));
}

#[test]
fn hooks_run_only_with_consent() {
    let hook = ("/hooks/post_gen_project.sh", "#!/bin/sh\ntouch ran\necho done\n");
    let project = template(r#"{"name": "x"}"#, &[hook]);
    project.typed(&["new", "./template", "--defaults", "-o", "out"]).ok();
    assert!(project.exists("out/x/.keep") && !project.exists("out/x/ran"));
    project.remove("out");
    project
        .typed(&["new", "./template", "--defaults", "-o", "out"])
        .says("hooks of the template did not run");
    project.remove("out");
    let words = ["new", "./template", "--defaults", "-o", "out", "--hooks", "run", "--json"];
    let told = project.typed(&words).says("done").code(0).json();
    assert!(project.exists("out/x/ran") && told["hooks_ran"] == true);
}

#[test]
fn a_hook_that_fails_or_hangs_leaves_nothing() {
    for (hook, says, code) in [
        ("/hooks/post_gen_project.sh", "failed", "#!/bin/sh\nexit 3\n"),
        ("/hooks/pre_gen_project.py", "failed", "raise SystemExit(1)\n"),
        ("/hooks/post_gen_project.sh", "took longer than 1 s", "#!/bin/sh\nsleep 60 &\nsleep 60\n"),
        ("/hooks/post_gen_project.sh", "cannot be started", "no program at all"),
        ("/hooks/post_gen_project.sh", "`../beside`, beside the project", "#!/bin/sh\ntouch ../beside\n"),
    ] {
        let project = template(r#"{"name": "x"}"#, &[(hook, code)]);
        let words = ["new", "./template", "--defaults", "-o", "out", "--hooks", "run", "--hook-timeout", "1"];
        project.typed(&words).code(1).says(says).says("nothing was laid out");
        clean(&project);
    }
}

#[test]
fn a_hook_that_cannot_be_rendered_is_refused_before_anything_runs() {
    let files = [
        ("/hooks/pre_gen_project.sh", "#!/bin/sh\ntouch \"$HOME/ran\"\n"),
        ("/hooks/post_gen_project.sh", "#!/bin/sh\n\n{{ cookiecutter.nothing }}\n"),
    ];
    let project = template(r#"{"name": "x"}"#, &files);
    let words = ["new", "./template", "--defaults", "-o", "out", "--hooks", "run"];
    project.typed(&words).code(2).says("hooks/post_gen_project.sh, line 3");
    assert!(!project.home().join("ran").exists());
    clean(&project);
}

#[test]
fn hooks_see_who_commits_and_no_secrets() {
    let project =
        template(r#"{"name": "x"}"#, &[("/hooks/post_gen_project.sh", "#!/bin/sh\nenv > env.txt\n")]);
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command
        .args(["new", "./template", "--defaults", "-o", "out", "--hooks", "run"])
        .env("MY_TOKEN", "secret")
        .env("GIT_AUTHOR_NAME", "Ada");
    support::finish(command).ok();
    let seen = project.read("out/x/env.txt");
    assert!(!seen.contains("secret") && seen.contains("GIT_AUTHOR_NAME=Ada"), "{seen}");
}

#[test]
fn permissions_of_the_place_are_those_of_new_folders() {
    let project = one("fine");
    ours(&project, &[]).ok();
    let mode = |path: &str| fs::metadata(project.path(path)).expect("it stands").permissions().mode() & 0o777;
    assert_eq!(mode("out/x"), mode("out/x/z"));
}
