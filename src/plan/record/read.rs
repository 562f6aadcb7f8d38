//! Reading run records: those of this program and those that `DataLad` wrote, inline or beside the commit.

use serde::Deserialize;

use super::PREFIX;

pub(super) const BEGIN: &str = "\n=== Do not change lines below ===\n";
pub(super) const END: &str = "\n^^^ Do not change lines above ^^^";

/// What a run record tells of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The command as a shell takes it; `{inputs}` and the like stand as they were written.
    pub command: String,
    /// Where it ran, from the dataset's root.
    pub pwd: String,
    /// Globs of what it read, from `pwd`.
    pub inputs: Vec<String>,
    /// Globs of what it needed beside that, from `pwd`.
    pub extra_inputs: Vec<String>,
    /// Globs of what it made, from `pwd`.
    pub outputs: Vec<String>,
    /// The exit code.
    pub exit: i32,
}

/// What a commit message holds of a run record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The record itself.
    Inline(Recorded),
    /// Its name: the record stands in `.datalad/runinfo/<name>`, compressed by xz.
    Sidecar(String),
    /// Something between the markers that is no record.
    Broken(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    Name(String),
    Record(Fields),
}

#[derive(Deserialize)]
struct Fields {
    cmd: Words,
    #[serde(default)]
    pwd: Option<String>,
    #[serde(default)]
    inputs: Option<Vec<String>>,
    #[serde(default)]
    extra_inputs: Option<Vec<String>>,
    #[serde(default)]
    outputs: Option<Vec<String>>,
    #[serde(default)]
    exit: Option<i32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Line(String),
    List(Vec<String>),
}

/// The run record in a commit message, as `DataLad` itself finds it: only where the subject says so.
pub fn read(message: &str) -> Option<Record> {
    if !message.starts_with(PREFIX) {
        return None;
    }
    Some(read_json(json_of(message)?))
}

/// What stands between the markers of a message.
pub(super) fn json_of(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(BEGIN)?;
    Some(rest.split_once(END)?.0)
}

/// A record as it stands in a message or a sidecar file.
pub fn read_json(json: &str) -> Record {
    match serde_json::from_str(json) {
        Ok(Json::Name(name)) => Record::Sidecar(name),
        Ok(Json::Record(fields)) => Record::Inline(fields.into()),
        Err(error) => Record::Broken(error.to_string()),
    }
}

impl From<Fields> for Recorded {
    fn from(fields: Fields) -> Self {
        let command = match fields.cmd {
            Words::Line(line) => line,
            Words::List(words) => words.iter().map(|word| super::literal(word)).collect::<Vec<_>>().join(" "),
        };
        let lists = [fields.inputs, fields.extra_inputs, fields.outputs].map(Option::unwrap_or_default);
        let [inputs, extra_inputs, outputs] = lists;
        Self {
            command: single_braces(&command),
            pwd: fields.pwd.unwrap_or_else(|| ".".into()),
            inputs,
            extra_inputs,
            outputs,
            exit: fields.exit.unwrap_or(0),
        }
    }
}

/// Records double all braces that Python's `str.format` is to leave alone.
fn single_braces(text: &str) -> String {
    text.replace("{{", "{").replace("}}", "}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(json: &str) -> String {
        format!("[DATALAD RUNCMD] count\n\nwhy not\n{BEGIN}{json}{END}\n\nSigned-off-by: Ada\n")
    }

    #[test]
    fn finds_what_datalad_finds() {
        let json = r#"{"chain": [], "cmd": "awk '{{print $1}}' {inputs}", "inputs": ["a*"], "pwd": "sub", "exit": 3}"#;
        let Some(Record::Inline(found)) = read(&message(json)) else { panic!("no record") };
        assert_eq!((found.command.as_str(), found.pwd.as_str()), ("awk '{print $1}' {inputs}", "sub"));
        assert_eq!((found.inputs, found.exit, found.outputs.len()), (vec!["a*".to_owned()], 3, 0));
        assert_eq!(read(&message("\"0f3c\"")), Some(Record::Sidecar("0f3c".into())));
        assert!(matches!(read(&message("{\"cmd\": ")), Some(Record::Broken(_))));
        assert_eq!(read(&message(json).replacen("[DATALAD RUNCMD]", "Save", 1)), None);
    }

    #[test]
    fn a_list_of_words_is_one_line_of_shell() {
        let Record::Inline(found) = read_json(r#"{"cmd": ["echo", "a b"], "inputs": null}"#) else {
            panic!()
        };
        assert_eq!(found.command, "echo 'a b'");
        assert_eq!(found.pwd, ".");
    }
}
