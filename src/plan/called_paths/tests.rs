//! Tests of paths that Python, R and their like work out.

use super::*;

fn told(text: &str, own: &str) -> Vec<String> {
    let known = Values::new();
    let stand = Stand { own: Some(own), started: &[], start: "", known: &known };
    let (told, _) = expanded(text, &stand);
    told.lines().map(|line| line.replace([HELD, MADE, ROOT], "")).collect()
}

#[test]
fn paths_of_python() {
    for text in [
        "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\nf = os.path.join(HERE, \"lib\", \"x.sh\")",
        "HERE = os.path.dirname(__file__)\nsubprocess.run([\"sh\", os.path.join(HERE, \"lib/x.sh\"), out])",
        "HERE = Path(__file__).resolve().parent\nopen(HERE / \"lib\" / 'x.sh')",
        "HERE: Path = pathlib.Path(__file__).parent  # don't\nrun(f\"sh {HERE}/lib/x.sh a\")",
        "HERE = Path(os.path.realpath(__file__)).parents[0]\nt = (HERE / 'lib' / 'x.sh').read_text()",
        "open(os.path.dirname(__file__) + \"/lib/x.sh\")",
        "subprocess.run([\"sh\", str(Path(__file__).with_name(\"lib\") / \"x.sh\")])",
        "def f():\n    \"\"\"It's told.\"\"\"\n    run(HERE.joinpath('lib', 'x.sh'))\nHERE = Path(__file__).parent\nf()",
        "ROOT = Path(__file__).parents[1]\nx = ROOT / 'code' / 'lib/x.sh'",
        "ROOT = os.path.join(os.path.dirname(__file__), os.pardir)\nx = os.path.join(ROOT, 'code/lib/x.sh')",
        "x = Path.cwd() / 'code' / 'lib' / 'x.sh'",
        "d = os.path.dirname(__file__)\nf = \"%s/lib/x.sh\" % d",
        "d = os.path.dirname(__file__)\nf = open('%s/%s/x.sh' % (d, 'lib'))",
        "d = os.path.dirname(__file__)\nsubprocess.run([\"sh\", \"{}/lib/x.sh\".format(d), out])",
        "subprocess.run(['sh', '{1}/{0}/x.sh'.format('lib', os.path.dirname(__file__))])",
        "d = os.path.dirname(__file__)\nsubprocess.run([\"sh\", f\"{d}/lib/x.sh\"])",
    ] {
        let told = told(text, "code/up.py");
        assert!(
            told.iter().any(|line| line.split(' ').any(|word| clean_of(word) == "/code/lib/x.sh")),
            "{text}: {told:?}"
        );
    }
}

#[test]
fn where_python_looks_for_modules() {
    for text in [
        "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))",
        "sys.path.append(str(Path(__file__).parent / \"lib\"))",
        "HERE = Path(__file__).parent\nsys.path[:0] = [f'{HERE}/lib']",
    ] {
        assert!(told(text, "code/up.py").contains(&"PYTHONPATH=/code/lib".to_owned()), "{text}");
    }
}

#[test]
fn paths_of_r() {
    for text in [
        "source(here::here(\"code\", \"lib\", \"x.sh\"))",
        "library(here)\nsource(here(\"code/lib/x.sh\"))",
        "args <- commandArgs(FALSE)\nf <- sub(\"--file=\", \"\", grep(\"--file=\", args, value = TRUE))\n\
         here <- dirname(normalizePath(f))\nsource(file.path(here, \"lib\", \"x.sh\"))",
        "script.dir <- dirname(sys.frame(1)$ofile)\nsource(paste0(script.dir, \"/lib/x.sh\"))",
        "source(file.path(getwd(), \"code\", \"lib\", \"x.sh\"))",
        "source(sprintf(\"%s/code/lib/x.sh\", getwd()))",
        "root <- file.path(this.path::this.dir(), \"..\")\nsource(paste(root, \"code\", \"lib/x.sh\", sep = \"/\"))",
    ] {
        let told = told(text, "code/up.R");
        assert!(told.iter().any(|line| clean_of(line) == "/code/lib/x.sh"), "{text}: {told:?}");
    }
}

#[test]
fn what_is_not_known_is_no_path() {
    for text in [
        "x = os.path.join(a, 'b')",
        "HERE = f(__file",
        "'\"(((",
        "x = (((((((((((((((((((((((",
        "f\"{\"",
        "é = é / é",
        &format!("f(getcwd(){})", " + '/a'".repeat(400)),
    ] {
        assert_eq!(told(text, "code/up.py"), Vec::<String>::new(), "{text}");
    }
}

fn clean_of(word: &str) -> String {
    clean(&format!("{ROOT}{word}")).unwrap_or_default().replace(ROOT, "")
}
