//! What make knows by itself: its functions, its variables, and those that only the environment or a run tells.

/// What make sets by itself.
const BUILT_IN: [(&str, &str); 55] = [
    ("AR", "ar"),
    ("ARFLAGS", "rv"),
    ("AS", "as"),
    ("CC", "cc"),
    ("CO", "co"),
    ("COMPILE.C", "$(COMPILE.cc)"),
    ("COMPILE.F", "$(FC) $(FFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.S", "$(CC) $(ASFLAGS) $(CPPFLAGS) $(TARGET_MACH) -c"),
    ("COMPILE.c", "$(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.cc", "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.cpp", "$(COMPILE.cc)"),
    ("COMPILE.f", "$(FC) $(FFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.m", "$(OBJC) $(OBJCFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.p", "$(PC) $(PFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.r", "$(FC) $(FFLAGS) $(RFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.s", "$(AS) $(ASFLAGS) $(TARGET_MACH)"),
    ("CPP", "$(CC) -E"),
    ("CTANGLE", "ctangle"),
    ("CWEAVE", "cweave"),
    ("CXX", "g++"),
    ("F77", "$(FC)"),
    ("F77FLAGS", "$(FFLAGS)"),
    ("FC", "f77"),
    ("GET", "get"),
    ("LD", "ld"),
    ("LEX", "lex"),
    ("LEX.l", "$(LEX) $(LFLAGS) -t"),
    ("LEX.m", "$(LEX) $(LFLAGS) -t"),
    ("LINK.C", "$(LINK.cc)"),
    ("LINK.F", "$(FC) $(FFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.S", "$(CC) $(ASFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_MACH)"),
    ("LINK.c", "$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.cc", "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.cpp", "$(LINK.cc)"),
    ("LINK.f", "$(FC) $(FFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.m", "$(OBJC) $(OBJCFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.o", "$(CC) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.p", "$(PC) $(PFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.r", "$(FC) $(FFLAGS) $(RFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.s", "$(CC) $(ASFLAGS) $(LDFLAGS) $(TARGET_MACH)"),
    ("LINT", "lint"),
    ("LINT.c", "$(LINT) $(LINTFLAGS) $(CPPFLAGS) $(TARGET_ARCH)"),
    ("M2C", "m2c"),
    ("MAKEINFO", "makeinfo"),
    ("OBJC", "cc"),
    ("OUTPUT_OPTION", "-o $@"),
    ("PC", "pc"),
    ("RM", "rm -f"),
    ("TANGLE", "tangle"),
    ("TEX", "tex"),
    ("TEXI2DVI", "texi2dvi"),
    ("WEAVE", "weave"),
    ("YACC", "yacc"),
    ("YACC.m", "$(YACC) $(YFLAGS)"),
    ("YACC.y", "$(YACC) $(YFLAGS)"),
];

/// Variables that only the environment or make itself knows, beside those that begin with `MAKE` or a dot.
const OUTSIDE: [&str; 13] = [
    "CURDIR",
    "GNUMAKEFLAGS",
    "HOME",
    "HOSTNAME",
    "LOGNAME",
    "MFLAGS",
    "OLDPWD",
    "PATH",
    "PWD",
    "SHELL",
    "SUFFIXES",
    "TMPDIR",
    "USER",
];

/// Functions that are worked out, or known to need a run.
const FUNCTIONS: [&str; 37] = [
    "abspath",
    "addprefix",
    "addsuffix",
    "and",
    "basename",
    "call",
    "dir",
    "error",
    "eval",
    "file",
    "filter",
    "filter-out",
    "findstring",
    "firstword",
    "flavor",
    "foreach",
    "guile",
    "if",
    "info",
    "join",
    "lastword",
    "notdir",
    "or",
    "origin",
    "patsubst",
    "realpath",
    "shell",
    "sort",
    "strip",
    "subst",
    "suffix",
    "value",
    "warning",
    "wildcard",
    "word",
    "wordlist",
    "words",
];

/// The value of a variable that make sets by itself.
pub(super) fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Whether only the environment or a run of make tells what a name that no line sets stands for. A name with a blank
/// in it is a function that is not known here.
pub(super) fn is_outside(name: &str) -> bool {
    name.is_empty()
        || name.contains(char::is_whitespace)
        || name.starts_with('.')
        || name.starts_with("MAKE")
        || OUTSIDE.contains(&name)
}

/// Whether it is a function of make.
pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Class;
    use super::super::tests::{run, spec};

    /// Rows: what stands in a recipe, and what of it is to be settled. None of it may become empty.
    #[test]
    fn what_only_make_knows_is_never_empty() {
        for (used, told) in [
            ("$(abspath o/tmp)/*", "$(abspath o/tmp)"),
            ("$(realpath o)/*", "$(realpath o)"),
            ("$(notdir $(abspath o))", "$(notdir $(abspath o))"),
            ("$(let x,1,2)", "$(let x,1,2)"),
            ("$(nosuch a b)", "$(nosuch a b)"),
            ("$(SHELL)", "$(SHELL)"),
            ("$(.DEFAULT_GOAL)", "$(.DEFAULT_GOAL)"),
            ("$(MAKE_VERSION)", "$(MAKE_VERSION)"),
            ("$(?F)", "$(?F)"),
            ("$(%D)", "$(%D)"),
            ("$(ROOT)/*", "$(abspath .)"),
            ("$(NAME:%=x)", "$(NAME:%=x)"),
            ("$(foreach i,$(ROOT),x)", "$(foreach i,$(ROOT),x)"),
        ] {
            let text = format!(
                "ROOT := $(abspath .)\nNAME = $(abspath .)\no/w: data/a.csv\n\trm -rf {used}; cp $< $@\n"
            );
            let found = run(&text, &[("data/a.csv", "")]).expect("it is read");
            found.tells(Class::Todo, &[&format!("cmd: only running something tells what `{told}` is")]);
            assert!(
                !spec(&found, "o").contains("rm -rf /*") && !spec(&found, "o").contains("rm -rf ;"),
                "{used}"
            );
            assert!(!found.texts(Class::Assumed).contains("set nowhere"), "{}", found.texts(Class::Assumed));
        }
        let text = "D := $(GONE)\no/w: data/a.csv\n\t$(LINK.o) $< $(D) $(OUTPUT_OPTION)\n";
        let found = run(text, &[("data/a.csv", "")]).expect("it is read");
        found.tells(Class::Assumed, &["1: : `$(GONE)` is set nowhere, so it is empty"]);
        assert!(spec(&found, "o").contains("/pfs/data/a.csv  -o /pfs/out/w"), "{}", spec(&found, "o"));
    }
}
