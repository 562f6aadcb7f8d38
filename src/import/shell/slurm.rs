//! Lines for Slurm, `#SBATCH …`: what a job asks for.

use super::super::report::Class;
use super::super::source::Source;

/// What they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Slurm {
    /// The job's name.
    pub(super) name: Option<String>,
    /// Processors.
    pub(super) cpu: Option<u64>,
    /// Memory in MiB, in all.
    memory: Option<u64>,
    /// Memory in MiB, for each processor.
    memory_each: Option<u64>,
    /// Kind and number of graphics processors.
    pub(super) gpu: Option<(String, u64)>,
    /// The longest time, in seconds.
    pub(super) seconds: Option<u64>,
    /// So many tasks of an array at a time.
    pub(super) at_once: Option<u64>,
    /// What is to be said: line, class, words.
    pub(super) said: Vec<(usize, Class, String)>,
}

/// Reads the lines of a script.
pub(super) fn read(source: &Source) -> Slurm {
    let mut slurm = Slurm::default();
    let mut is_over = false;
    for (at, line) in source.text.lines().enumerate() {
        let Some(text) = line.strip_prefix("#SBATCH") else {
            is_over |= !line.trim().is_empty() && !line.starts_with('#');
            continue;
        };
        let text = text.split(" #").next().unwrap_or(text).trim();
        if is_over {
            let text =
                format!("`#SBATCH {text}` stands after the first command, where Slurm passes over it too");
            slurm.said.push((at + 1, Class::Exact, text));
            continue;
        }
        for (option, value) in options(text) {
            slurm.option(&option, &value, at + 1);
        }
    }
    slurm
}

/// `--a=1 -b 2 -c3` as pairs.
fn options(text: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        let next = words.get(at + 1).filter(|next| !next.starts_with('-'));
        let (option, value, used) =
            if let Some((option, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
                (option.to_owned(), value.to_owned(), 1)
            } else if word.starts_with("--") || word.chars().count() <= 2 {
                (
                    word.to_owned(),
                    next.map(|next| (*next).to_owned()).unwrap_or_default(),
                    1 + usize::from(next.is_some()),
                )
            } else {
                let end = word.char_indices().nth(2).map_or(word.len(), |(end, _)| end);
                (word[..end].to_owned(), word[end..].trim_start_matches('=').to_owned(), 1)
            };
        found.push((option, value.trim_matches(['"', '\'']).to_owned()));
        at += used;
    }
    found
}

impl Slurm {
    /// Memory as a spec says it.
    pub(super) fn memory(&self) -> Option<String> {
        let all = self
            .memory
            .or_else(|| self.memory_each.map(|each| each.saturating_mul(self.cpu.unwrap_or(1))))?;
        Some(if all % 1024 == 0 { format!("{}Gi", all / 1024) } else { format!("{all}Mi") })
    }

    fn option(&mut self, option: &str, value: &str, line: usize) {
        let said = format!("`{option} {value}`");
        let (class, text) = match option {
            "-c" | "--cpus-per-task" => {
                (self.set(value.parse().ok(), |slurm, cpu| slurm.cpu = Some(cpu)), "`resource_requests.cpu`")
            }
            "-n" | "--ntasks" | "-N" | "--nodes" if value == "1" => (Class::Exact, "one task is one datum"),
            "-n" | "--ntasks" | "-N" | "--nodes" | "--ntasks-per-node" => (
                Class::Todo,
                "more than one task works together (MPI): a datum runs on one machine; say how it is to run",
            ),
            "--mem" => (
                self.set(mebibytes(value), |slurm, mebibytes| slurm.memory = Some(mebibytes)),
                "`resource_requests.memory`",
            ),
            "--mem-per-cpu" => (
                self.set(mebibytes(value), |slurm, mebibytes| slurm.memory_each = Some(mebibytes)),
                "`resource_requests.memory`, for all processors",
            ),
            "--gres" | "-G" | "--gpus" | "--gpus-per-task" => {
                (self.set(gpus(value), |slurm, gpu| slurm.gpu = Some(gpu)), "`resource_requests.gpu`")
            }
            "-t" | "--time" => {
                (self.set(seconds(value), |slurm, seconds| slurm.seconds = Some(seconds)), "`datum_timeout`")
            }
            "-a" | "--array" => return self.array(value, line),
            "-J" | "--job-name" => {
                self.name = Some(value.to_owned());
                (Class::Assumed, "suggests the pipeline's name")
            }
            "-p" | "--partition" | "-A" | "--account" | "-q" | "--qos" | "-C" | "--constraint"
            | "--reservation" | "-w" | "--nodelist" => {
                (Class::Assumed, "where a cluster runs it is no part of the spec, and is left out")
            }
            "-d" | "--dependency" => {
                (Class::Todo, "what must be over before: say it as `input`, the results that are read")
            }
            _ => (Class::Assumed, "left out"),
        };
        let text = if class == Class::Todo && !text.contains(':') {
            format!("{said} was not understood; write {text}")
        } else {
            format!("{said}: {text}")
        };
        self.said.push((line, class, text));
    }

    fn set<T>(&mut self, value: Option<T>, put: impl Fn(&mut Self, T)) -> Class {
        match value {
            Some(value) => {
                put(self, value);
                Class::Exact
            }
            None => Class::Todo,
        }
    }

    fn array(&mut self, value: &str, line: usize) {
        let (list, most) =
            value.split_once('%').map_or((value, None), |(list, most)| (list, most.parse().ok()));
        self.at_once = most;
        let text = match count(list) {
            Some(count) => format!(
                "`--array {value}`: {count} tasks; here each datum is one: let `input` cut what the index chooses"
            ),
            None => format!(
                "`--array {value}`: here each datum is one task: let `input` cut what the index chooses"
            ),
        };
        self.said.push((line, Class::Assumed, text));
        if most.is_some() {
            self.said.push((line, Class::Exact, "`%`: `parallelism_spec`".into()));
        }
    }
}

/// How many tasks `1-10:2,20` are.
fn count(list: &str) -> Option<u64> {
    list.split(',').try_fold(0u64, |sum, part| {
        let (range, step) = part.split_once(':').unwrap_or((part, "1"));
        let step: u64 = step.parse().ok().filter(|step| *step > 0)?;
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
        sum.checked_add(to.checked_sub(from)?.checked_div(step)?.checked_add(1)?)
    })
}

/// `500`, `4G` in MiB; powers of 1024, as Slurm has it.
fn mebibytes(value: &str) -> Option<u64> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match value[digits.len()..].to_ascii_uppercase().trim_end_matches('B') {
        "K" => Some(number.div_ceil(1024)),
        "" | "M" => Some(number),
        "G" => number.checked_mul(1024),
        "T" => number.checked_mul(1024 * 1024),
        _ => None,
    }
}

/// `gpu:a100:2`, `2`, `a100:1`.
fn gpus(value: &str) -> Option<(String, u64)> {
    let value = value.strip_prefix("gpu").map_or(value, |rest| rest.trim_start_matches(':'));
    let (kind, number) = match value.rsplit_once(':') {
        Some((kind, number)) => (kind, number.parse().ok()?),
        None if value.is_empty() => ("", 1),
        None => value.parse().map_or((value, 1), |number| ("", number)),
    };
    Some((if kind.is_empty() { "nvidia.com/gpu".to_owned() } else { kind.to_owned() }, number))
}

/// `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M`, `D-H:M:S` in seconds.
fn seconds(value: &str) -> Option<u64> {
    let numbers =
        |text: &str| text.split(':').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    let (days, rest) = match value.split_once('-') {
        Some((days, rest)) => (Some(days.parse::<u64>().ok()?), rest),
        None => (None, value),
    };
    let parts = numbers(rest)?;
    let (hours, minutes, seconds) = match (days, parts.as_slice()) {
        (None, [minutes]) => (0, *minutes, 0),
        (None, [minutes, seconds]) => (0, *minutes, *seconds),
        (_, [hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        (Some(_), [hours, minutes]) => (*hours, *minutes, 0),
        (Some(_), [hours]) => (*hours, 0, 0),
        _ => return None,
    };
    let all = [(days.unwrap_or(0), 86_400), (hours, 3600), (minutes, 60), (seconds, 1)];
    all.into_iter().try_fold(0u64, |sum, (number, unit)| sum.checked_add(number.checked_mul(unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_amounts() {
        for (text, expected) in [
            ("30", 1800),
            ("1:30", 90),
            ("2:00:00", 7200),
            ("1-0", 86_400),
            ("1-2:3", 93_780),
            ("1-0:0:5", 86_405),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        assert_eq!(seconds("soon"), None);
        assert_eq!(
            [mebibytes("500"), mebibytes("4G"), mebibytes("2T"), mebibytes("x")],
            [Some(500), Some(4096), Some(2_097_152), None]
        );
        assert_eq!(gpus("gpu:a100:2"), Some(("a100".into(), 2)));
        assert_eq!(gpus("gpu:1"), Some(("nvidia.com/gpu".into(), 1)));
        assert_eq!(count("1-10:2,20"), Some(6));
        assert_eq!(options("-c4 --mem=4G -t 1:0 --exclusive").len(), 4);
    }
}
