//! `MP504`: code whose result depends on chance, the clock or the machine.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP504",
    name: "nondeterminism-hint",
    severity: Severity::Info,
    why: "the same work would give another result the next time",
};

static CHANCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bshuf\b|\buuidgen\b|\$\{?RANDOM\b|/dev/u?random|\bdatetime\.now\(|\bdate\.today\(|\btime\.time\(\)|\buuid[14]\(|\bSys\.time\(\)|\$\(date\b|`date\b",
    )
});

/// `date` as a command by itself, that is told no date.
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[;&|]|\bthen\s|\bdo\s)\s*date(?:\s+(?:[>|+]|-[Iu])|\s*(?:[;&|>]|$))|(?:[,'\x22\[]|-\s)\s*date(?:\s+(?:\+|-[Iu])|\s*>)",
    )
});

/// The machine's name.
static MACHINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\$\{?HOSTNAME\b|\buname\s+-[a-z]*n\b|\bsocket\.(?:gethostname|getfqdn)\(|\bplatform\.node\(")
});

/// `hostname` as a command that tells it.
static HOST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[;&|(`,'\x22\[]|-\s|\bthen\s|\bdo\s)\s*hostname(?:\s*(?:[;&|>)`\]]|['\x22]\s*[\],]|$)|\s+-[a-z])",
    )
});

/// Python's chance.
static DRAWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\brandom\.(?:(?:random|randint|randrange|choices?|shuffle|sample|uniform|gauss|randn?|normal|permutation)\(|default_rng\(\))",
    )
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if !text.is_run() {
        return Vec::new();
    }
    let finding = |range| {
        let word = text.at(&range).trim_matches(|c: char| !c.is_alphanumeric() && !"$`/()".contains(c));
        let is_of_machine = HOST.is_match(word) || MACHINE.is_match(text.at(&range));
        let when = if is_of_machine { "on each machine" } else { "each time" };
        text.finding(&RULE, &range, format!("`{word}` gives something else {when}"))
            .help("use a seed from the spec (`env`), and dates of the data rather than of today")
    };
    let mut found = text.find_run(&CHANCE);
    found.extend(text.find_run(&MACHINE));
    if is_shell(text) {
        found.extend(text.find_run(&CLOCK));
        found.extend(text.find_run(&HOST));
    }
    // A seed makes it no chance any more.
    if !text.lines().any(|(_, line)| line.contains("seed(")) {
        found.extend(text.find_run(&DRAWN));
    }
    found.sort_by_key(|range| range.start);
    found.into_iter().map(finding).collect()
}

/// Whether lines are commands of a shell, as those of specs may be.
fn is_shell(text: &Text<'_>) -> bool {
    let name = text.name();
    name == "spec.yml" || !name.contains('.') || [".sh", ".bash"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_tell_the_time_are_seen_and_dates_that_are_given_are_not() {
        for (line, expected) in [
            ("date > /pfs/out/x", true),
            ("cat a; date", true),
            ("  cmd: [sh, -c, 'date +%F > /pfs/out/x']", true),
            ("  - date >> /pfs/out/x", true),
            ("if x; then date -u; fi", true),
            ("date -d \"$1\" +%F", false),
            ("sort --key date; update; cut -f date", false),
            ("echo a, date of birth", false),
        ] {
            assert_eq!(CLOCK.is_match(line), expected, "{line}");
        }
        for (line, expected) in [
            ("hostname > /pfs/out/x", true),
            ("echo \"$(hostname -s)\"; x", true),
            ("  cmd: [sh, -c, 'hostname']", true),
            ("  - hostname", true),
            ("x --hostname=a; ssh hostname; echo the hostname", false),
            ("hostname: a", false),
            ("hostname=$1", false),
        ] {
            assert_eq!(HOST.is_match(line), expected, "{line}");
        }
        assert!(MACHINE.is_match("echo ${HOSTNAME}") && MACHINE.is_match("socket.gethostname()"));
        for (line, expected) in [
            ("x = random.random()", true),
            ("y = np.random.rand(3)", true),
            ("g = np.random.default_rng()", true),
            ("g = np.random.default_rng(7)", false),
            ("random.Random(3)", false),
        ] {
            assert_eq!(DRAWN.is_match(line), expected, "{line}");
        }
    }
}
