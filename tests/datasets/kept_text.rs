//! Specs, settings and code: `save` keeps them in git, whatever the rules of the dataset are.

use crate::study::{Home, Study};

#[test]
fn a_save_keeps_specs_settings_and_code_in_git_where_no_rule_says_so() {
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, lib/copy.sh]}\n";
    for words in [&["save", "-m", "all"][..], &["run", "--save"]] {
        let Some(study) = Study::new(Home::Yoda) else { return };
        let project = &study.project;
        project.write("raw/1.dat", [0, 1, 255]).write("raw/2.txt", "2\n").spec("fs", spec);
        project.write("lib/copy.sh", "cat conf/x.cfg $PFS/raw/* > $PFS/out/all\n").write("conf/x.cfg", "x\n");
        project.write("lib/big.sh", vec![b'#'; 1 << 21]).write("lib/tool.py", [b'#', 0, 1]);
        project.write("minipach.yml", "name: x\n");
        project.typed(words).code(0);
        project.minipach(["save", "--all"]).code(0);
        for (path, is_annexed) in [
            ("fs/spec.yml", false),
            ("minipach.yml", false),
            ("lib/copy.sh", false),
            ("conf/x.cfg", false),
            ("lib/big.sh", true),
            ("lib/tool.py", true),
            ("raw/1.dat", true),
            ("raw/2.txt", true),
        ] {
            let mode = project.git(["ls-files", "--stage", path]);
            assert_eq!(mode.starts_with("120000"), is_annexed, "{path}: {mode}");
        }
        study.is_clean();
        // A later edit goes the same way.
        project.write("fs/spec.yml", format!("{spec}# edited\n"));
        project.typed(words).code(0);
        assert!(project.git(["ls-files", "--stage", "fs/spec.yml"]).starts_with("100644"));
    }
}

#[test]
fn a_save_says_which_specs_and_code_are_in_the_annex_and_what_helps() {
    let told = "in the annex, where text can be neither edited nor compared";
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [cp, -rL, /pfs/raw, /pfs/out/]}\n";
    for words in [["save", "-m", "all"], ["run", "--save", "--no-commit"]] {
        let Some(study) = Study::new(Home::Yoda) else { return };
        study.project.write("raw/1.dat", [0, 1, 255]).spec("fs", spec);
        study.project.git(["annex", "add", "--quiet", "fs/spec.yml"]);
        let said = study.project.minipach(words).code(0);
        said.says("`fs/spec.yml` is in the annex").says("`minipach check --fix`");
        // What it says helps.
        study.project.minipach(["check", "--select", "MP303", "--fix"]).ok();
        let rule = study.project.git(["check-attr", "annex.largefiles", ".gitattributes"]);
        assert!(rule.ends_with(": nothing"), "a rule for all files stands above the others: {rule}");
        let patch = study.project.minipach(["check", "--select", "MP305", "--fix", "--diff"]).code(1).stdout;
        assert!(patch.contains("deleted file mode 120000") && patch.contains("+input: {pfs"), "{patch}");
        study.project.minipach(["check", "--select", "MP305", "--fix"]).ok();
        assert_eq!(study.project.read("fs/spec.yml"), spec);
        let said = study.project.minipach(["save", "-m", "in git"]).code(0);
        assert!(!said.stderr.contains(told), "{}", said.stderr);
        assert!(!study.project.path("fs/spec.yml").is_symlink());
        assert!(study.project.git(["ls-files", "-s", "fs/spec.yml"]).starts_with("100644 "));
        // Somebody's own link to a file that is annexed is none that git-annex made.
        std::fs::create_dir_all(study.project.path("code")).expect("a folder");
        std::os::unix::fs::symlink("../raw/1.dat", study.project.path("code/tool.py")).expect("a link");
        study.project.commit("a link");
        study.project.minipach(["check", "--select", "MP305"]).ok();
    }
    let Some(study) = Study::new(Home::Text) else { return };
    study.project.write("raw/1.dat", [0, 1, 255]).spec("fs", spec);
    let said = study.project.minipach(["save", "-m", "all"]).code(0);
    assert!(!said.stderr.contains(told), "{}", said.stderr);
}
