//! Annexed code that is not here: what is done stays known, what it may name is told, and nothing runs without it.

use serde_json::Value;

use crate::fetch::{COPY, Study};

#[test]
fn code_in_the_annex_is_fetched_before_it_is_planned() {
    let Some(study) = Study::new() else { return };
    let origin = &study.origin;
    origin.write(
        ".gitattributes",
        "* annex.largefiles=nothing\nraw/** annex.largefiles=anything\n*.dat annex.largefiles=anything\n",
    );
    origin
        .write("code/outer.dat", "sh code/inner.dat\n")
        .write("code/inner.dat", "echo in > \"$PFS/out/y\"\n");
    origin.spec("by", &COPY.replace("code/size.sh", "code/outer.dat"));
    origin.git(["annex", "add", "-q", "."]);
    origin.commit("code in the annex");
    origin.minipach(["run"]).code(0);
    study.git(&["pull", "-q", "--ff-only"]);
    let said = study.minipach(&["run", "by"]).code(0).says("nothing to do");
    assert!(!said.stderr.contains("of code"), "all is done: {}", said.stderr);
    // Where results still stand, what git has of their ledger would tell of all code at once.
    study.git(&["rm", "-qr", "by/sub-*", ".minipach/ledger/by.jsonl"]);
    study.git(&["commit", "-qm", "unknown again"]);
    let said = study.minipach(&["run", "by:sub-01"]).code(0);
    assert_eq!(said.stderr.matches("`git annex get` fetches 1 file of code").count(), 2, "{}", said.stderr);
}

/// What hidden code names is known by the ledger, and what is told of it is true.
#[test]
fn results_stay_done_where_their_code_is_not_here() {
    let Some(study) = Study::new() else { return };
    let origin = &study.origin;
    let attributes = "* annex.largefiles=nothing\nraw/** annex.largefiles=anything\n*.sh annex.largefiles=anything\n\
                      by/*/** annex.largefiles=anything\n";
    origin.write(".gitattributes", attributes);
    origin
        .write("code/outer.sh", ". code/inner.sh\n")
        .write("code/inner.sh", "wc -c < \"$(cat code/conf.yml)\" > \"$PFS/out/y\"\n");
    origin
        .write("code/conf.yml", "code/conf.yml\n")
        .spec("by", &COPY.replace("code/size.sh", "code/outer.sh"));
    origin.git(["annex", "add", "-q", "."]);
    origin.commit("code in the annex");
    origin.minipach(["run", "by"]).code(0);
    study.git(&["pull", "-q", "--ff-only"]);
    for words in [&["status", "by", "--json"][..], &["status", "--at", "HEAD", "--json"], &["plan", "--json"]]
    {
        let said = study.minipach(words).code(0).json();
        let by = said["pipelines"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "by"));
        assert_eq!(by.map(|by| &by["datums"]["done"]), Some(&Value::from(4)), "{words:?}: {said}");
    }
    study.minipach(&["why", "by:sub-01"]).code(0).says("code/conf.yml");
    // A change of what is known to be code is told as that, and of nothing else.
    std::fs::write(study.clone.join("code/conf.yml"), "raw/sub-01/t1.dat\n").expect("a file");
    let said = study.minipach(&["why", "by:sub-01"]).code(0).says("code changed: `code/conf.yml`");
    assert!(!said.stdout.contains("any more"), "{}", said.stdout);
    study.git(&["checkout", "-q", "code"]);
    // Results that are not here cannot be read, and that is no matter of rights.
    study.git(&["annex", "get", "-q", "code"]);
    std::fs::write(study.clone.join("by/spec.yml"), COPY.replace("code/size.sh", "code/outer.sh, more"))
        .expect("a file");
    let get = "the content of `by/sub-01/y` is not here; `git annex get by/sub-01/y` fetches it";
    study.minipach(&["accept", "by:sub-01"]).code(4).says(get);
}

/// Neither is a pointer read as code, nor does a script go on without it.
#[test]
fn nothing_runs_without_code_that_cannot_be_had() {
    let Some(study) = Study::new() else { return };
    let origin = &study.origin;
    let attributes =
        "* annex.largefiles=nothing\nraw/** annex.largefiles=anything\n*.dat annex.largefiles=anything\n";
    origin.write(".gitattributes", attributes).write("code/table.dat", "TABLE\n");
    origin.write("code/by.sh", "cat code/table.dat > \"$PFS/out/y\" 2> /dev/null\nexit 0\n");
    origin.spec("by", &COPY.replace("code/size.sh", "code/by.sh"));
    origin.git(["annex", "add", "-q", "."]);
    origin.git(["annex", "unlock", "-q", "code/table.dat"]);
    origin.commit("code in the annex");
    origin.minipach(["run"]).code(0);
    study.git(&["pull", "-q", "--ff-only"]);
    study.git(&["remote", "remove", "origin"]);
    std::fs::create_dir(study.clone.join("raw/sub-05")).expect("a folder");
    std::fs::write(study.clone.join("raw/sub-05/t1.dat"), "five").expect("a file");
    let before = study.git(&["rev-parse", "HEAD:by"]);
    for words in [&["run", "by", "--save"][..], &["run", "by", "--force"]] {
        let said = study.minipach(words).code(4).says("its code `code/table.dat` is not here");
        said.says("`git annex get code/table.dat`");
        assert!(!study.clone.join("by/sub-05").exists());
        assert_eq!(study.git(&["rev-parse", "HEAD:by"]), before);
    }
    // What cannot run leaves the rest as it is, also where a result was changed by hand.
    std::fs::remove_dir_all(study.clone.join("raw/sub-05")).expect("it is there");
    std::fs::write(study.clone.join("by/sub-01/y"), "mine\n").expect("it is written");
    let said = study.minipach(&["run", "by", "--save"]);
    assert!(!said.stdout.contains("broken") && !said.stderr.contains("its code"), "{said:?}");
    said.code(1);
    // The ledger has the whole list of code, and all of it is as it was.
    study.minipach(&["accept", "by:sub-02"]).code(0);
    study.minipach(&["accept", "by:sub-01"]).code(0);
    study.minipach(&["status", "by"]).code(0).says("4 done");
    std::fs::write(study.clone.join("code/by.sh"), "cat code/table.dat > \"$PFS/out/y\"\n").expect("a file");
    study.minipach(&["accept", "by:sub-01"]).code(4).says("its code `code/table.dat` is not here");
}

/// What a script that is not here names may have come since: that is said, and a run fetches the script to know.
#[test]
fn code_that_came_since_may_be_named_by_what_is_not_here() {
    let Some(study) = Study::new() else { return };
    let origin = &study.origin;
    let attributes =
        "* annex.largefiles=nothing\nraw/** annex.largefiles=anything\n*.sh annex.largefiles=anything\n";
    origin.write(".gitattributes", attributes);
    origin.write("code/outer.sh", "cat code/more.txt > \"$PFS/out/y\" || true\n");
    origin.spec("by", &COPY.replace("code/size.sh", "code/outer.sh"));
    origin.git(["annex", "add", "-q", "."]);
    origin.commit("code in the annex");
    origin.minipach(["run", "by"]).code(0);
    study.git(&["pull", "-q", "--ff-only"]);
    let whole = study.minipach(&["status", "by"]).code(0).says("4 done");
    assert!(!whole.stdout.contains("is not known"), "{whole:?}");
    origin.write("code/more.txt", "more\n").commit("what the script names");
    study.git(&["pull", "-q", "--ff-only"]);
    let said = "its code `code/outer.sh` is not here, and whether that names `code/more.txt`, which came since, is not known; `git annex get code/outer.sh` fetches it";
    for words in [&["status", "by"][..], &["plan"], &["run", "by", "--dry-run"], &["why", "by:sub-01"]] {
        study.minipach(words).says(said);
    }
    study.minipach(&["run", "by"]).code(0).says("fetches 1 file of code").says("4 to run");
    assert_eq!(std::fs::read_to_string(study.clone.join("by/sub-01/y")).expect("a result"), "more\n");
}
