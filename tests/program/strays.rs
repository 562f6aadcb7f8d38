//! Files that no run made in the folders of results: they are named.

use crate::support::Project;

#[test]
fn a_stray_file_in_the_folder_of_a_result_is_named() {
    const COPY: &str = "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/raw.txt $PFS/out/text']}\n";
    let project = Project::new();
    project.write("raw/a.txt", "a\n").write("raw/b.txt", "b\n").spec("fs", COPY).commit("data");
    project.minipach(["run"]).ok();
    project.write("fs/a/deep/mine.txt", "mine\n");
    let one = "`fs/a/deep/mine.txt` stands in its folder, and no run made it; move it away";
    for is_committed in [false, true] {
        if is_committed {
            project.commit("mine too");
        }
        for words in [&["why", "fs:a"][..], &["status"], &["run"], &["check", "--select", "MP203"]] {
            project.typed(words).says(one);
        }
    }
    project.write("fs/a/other.txt", "other\n").write("fs/b/text.bak", "b\n");
    project.minipach(["why", "fs:a"]).says("`fs/a/deep/mine.txt` and 1 more stand in its folder");
    project.minipach(["check", "--select", "MP203"]).says("move them away (and so in 1 more)");
    let reason = &project.minipach(["why", "fs:a", "--json"]).json()["reasons"][0];
    assert_eq!((&reason["kind"], &reason["more"]), (&"stray".into(), &1.into()), "{reason}");
    // What the result made is edited, too: that is said.
    project.write("fs/a/text", "better\n");
    project.minipach(["why", "fs:a"]).says("its files were changed by hand");
    project.remove("fs/a/deep/mine.txt").remove("fs/a/other.txt").remove("fs/b/text.bak");
    project.write("fs/a/text", "a\n").minipach(["run"]).ok();
    assert!(project.states("fs").values().all(|state| state == "done"));
}
