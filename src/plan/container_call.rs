//! How `DataLad` calls a registered container: which program, and with which options of people's own.

use crate::model::show;

/// Stands for the image in a call that is filled in.
const IMAGE: char = '\u{1}';
/// For the command.
const COMMAND: char = '\u{2}';
/// For the folder of the project, where commands start.
const HERE: char = '\u{3}';
/// For the folder that the image is in.
const BESIDE: char = '\u{4}';
/// For the Python that `DataLad` runs on.
const PYTHON: char = '\u{5}';
/// For a folder of `DataLad`'s own.
const TEMPORARY: char = '\u{6}';

/// What `datalad-container` fills in.
const FIELDS: [(&str, char); 5] =
    [("img", IMAGE), ("cmd", COMMAND), ("img_dspath", HERE), ("img_dirpath", BESIDE), ("python", PYTHON)];
/// What `datalad run` fills in afterwards.
const LATER_FIELDS: [(&str, char); 3] = [("pwd", HERE), ("dspath", HERE), ("tmpdir", TEMPORARY)];
/// Programs of which a call may be one.
const PROGRAMS: [&str; 4] = ["apptainer", "singularity", "podman", "docker"];
/// Options that say where something is, which is ours to say.
const PLACES: [&str; 10] =
    ["-B", "--bind", "-v", "--volume", "-W", "--pwd", "-w", "--workdir", "-H", "--home"];
/// What a shell does something with, outside of quotes.
const OPERATORS: &str = "$`;|&<>()*?[]~#!{}\n";

/// The program that `DataLad` would call, and people's own options for it; nothing for a call that only does what each of
/// our containers does.
///
/// # Errors
/// A sentence fragment: what of the call is not understood, so that the image would run otherwise than by `DataLad`.
pub(super) fn own_options(call: &str) -> Result<Vec<String>, String> {
    if call.is_empty() {
        return Ok(Vec::new());
    }
    let words = words(&filled(&filled(call, &FIELDS)?, &LATER_FIELDS)?)?;
    let Some(at) = words.iter().position(|word| is_image(word)) else {
        return Err("it has no `{img}` as a word of its own".into());
    };
    if words[at + 1..] != [COMMAND.to_string()] {
        return Err("after `{img}` it has more or less than `{cmd}`".into());
    }
    let before: Vec<&str> = words[..at].iter().map(String::as_str).collect();
    if is_like_ours(&before) {
        return Ok(Vec::new());
    }
    let [program, "exec" | "run", options @ ..] = &*before else {
        return Err(format!("it does not begin with `{} exec` or the like", PROGRAMS[0]));
    };
    let program = program.rsplit('/').next().unwrap_or(program);
    if !PROGRAMS.contains(&program) {
        return Err(format!("`{}` is none of {}", shown(program), PROGRAMS.join(", ")));
    }
    let mut all = vec![program.to_owned()];
    all.extend(without_places(options)?);
    Ok(all)
}

/// Calls of programs that do what we do: `DataLad`'s own for images of docker, and that of `ReproNim`'s collection.
fn is_like_ours(before: &[&str]) -> bool {
    let (python, wrapper) = (PYTHON.to_string(), format!("{HERE}/scripts/singularity_cmd"));
    match before {
        [program, "-m", "datalad_container.adapters.docker", "run"] => *program == python,
        [program, "exec" | "run"] => *program == wrapper,
        _ => false,
    }
}

fn is_image(word: &str) -> bool {
    word.strip_prefix("docker-archive:").unwrap_or(word) == IMAGE.to_string()
}

/// A text with its fields filled in as Python's `str.format` does.
fn filled(text: &str, fields: &[(&str, char)]) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let (brace, tail) = rest[at..].split_at(1);
        if let Some(tail) = tail.strip_prefix(brace) {
            out.push_str(brace);
            rest = tail;
            continue;
        }
        let field = (brace == "{").then(|| tail.split_once('}')).flatten();
        let Some((name, tail)) = field else { return Err(format!("its `{brace}` has no partner")) };
        let Some((_, stand_in)) = fields.iter().find(|(known, _)| *known == name) else {
            return Err(format!("`{{{}}}` is nothing that DataLad fills in there", show(name)));
        };
        out.push(*stand_in);
        rest = tail;
    }
    Ok(out + rest)
}

/// The words of a call, as a shell makes them.
fn words(text: &str) -> Result<Vec<String>, String> {
    let text = text.replace("${PWD}", &HERE.to_string());
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t') => words.extend(word.take()),
            (Some(_), COMMAND) => return Err("its `{cmd}` is in quotes".into()),
            (None | Some('"'), '\\') => {
                let next = chars.next().ok_or("it ends with `\\`")?;
                let is_kept = quote.is_some() && !"\"\\$`".contains(next);
                word.get_or_insert_default().extend(is_kept.then_some('\\').into_iter().chain([next]));
            }
            (None | Some('"'), '$') if is_pwd(&mut chars) => word.get_or_insert_default().push(HERE),
            (Some('"'), '$' | '`') => return Err(of_shell(c)),
            (None, _) if OPERATORS.contains(c) => return Err(of_shell(c)),
            _ => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote in it is left open".into());
    }
    words.extend(word);
    Ok(words)
}

/// Takes `PWD`, if that is the name of the variable that follows.
fn is_pwd(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let mut ahead = chars.clone();
    let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let is_it = "PWD".chars().all(|c| ahead.next() == Some(c)) && !ahead.peek().is_some_and(is_name);
    if is_it {
        *chars = ahead;
    }
    is_it
}

fn of_shell(c: char) -> String {
    format!("its `{}` is for a shell", c.escape_debug())
}

/// Options without those that say where the project is, and where commands start: each of our containers has that.
fn without_places(options: &[&str]) -> Result<Vec<String>, String> {
    let mut all: Vec<String> = Vec::new();
    for word in options {
        if !word.contains([HERE, BESIDE, PYTHON, TEMPORARY, COMMAND, IMAGE]) {
            all.push((*word).to_owned());
            continue;
        }
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with('-') => (Some(option.to_owned()), value),
            _ => (all.pop(), *word),
        };
        let is_place = option.as_ref().is_some_and(|option| PLACES.contains(&option.as_str()));
        if !is_place || !value.split(',').all(is_of_ours) {
            let option = option.map(|option| option + " ").unwrap_or_default();
            return Err(format!(
                "`{}{}` names a place that containers do not have here",
                option,
                shown(value)
            ));
        }
    }
    Ok(all)
}

/// Whether a place is the project's where it is, or a folder for temporary files where there is one anyway.
fn is_of_ours(place: &str) -> bool {
    let mut parts = place.split(':');
    let (from, to) = (parts.next().unwrap_or_default(), parts.next());
    let (here, temporary) = (HERE.to_string(), TEMPORARY.to_string());
    if from == temporary {
        return to.is_none_or(|to| ["/tmp", "/var/tmp", &*temporary].contains(&to));
    }
    from == here && to.is_none_or(|to| to == here)
}

/// A word as the call has it.
fn shown(word: &str) -> String {
    let names = FIELDS.iter().map(|(name, of)| (of, format!("{{{name}}}")));
    let later = LATER_FIELDS.iter().map(|(name, of)| (of, format!("{{{{{name}}}}}")));
    let text = later.chain(names).fold(word.to_owned(), |text, (of, name)| text.replace(*of, &name));
    show(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_ones_own_without_places() {
        let options = |call: &str| own_options(call).map(|all| all.join("|"));
        for (call, found) in [
            ("", ""),
            ("apptainer exec {img} {cmd}", "apptainer"),
            ("apptainer exec --nv -B {{pwd}} {img} {cmd}", "apptainer|--nv"),
            ("/opt/bin/singularity exec -B $PWD --pwd \"$PWD\" -e {img} {cmd}", "singularity|-e"),
            (
                "singularity exec --bind=${{{{PWD}}}}:{img_dspath}:rw -B {{tmpdir}}:/tmp {img} {cmd}",
                "singularity",
            ),
            (
                "podman run -e 'A=b c' --env=\"D=\\\"e\\z\" -v /data:/data {img} {cmd}",
                "podman|-e|A=b c|--env=D=\"e\\z|-v|/data:/data",
            ),
            ("docker run --entrypoint '' {img} {cmd}", "docker|--entrypoint|"),
            ("singularity exec docker-archive:{img} {cmd}", "singularity"),
            ("{python} -m datalad_container.adapters.docker run {img} {cmd}", ""),
            ("{img_dspath}/scripts/singularity_cmd run {img} {cmd}", ""),
        ] {
            assert_eq!(options(call).as_deref(), Ok(found), "{call}");
        }
    }

    #[test]
    fn what_would_run_otherwise_is_refused() {
        for (call, why) in [
            ("docker run tool:1 {cmd}", "no `{img}`"),
            ("apptainer exec {img}", "more or less than `{cmd}`"),
            ("apptainer exec {img} bash -lc {cmd}", "more or less than `{cmd}`"),
            ("apptainer exec {img} \"{cmd}\"", "in quotes"),
            ("apptainer exec -B $HOME {img} {cmd}", "its `$` is for a shell"),
            ("apptainer exec -B \"$PWDX\" {img} {cmd}", "its `$` is for a shell"),
            ("module load apptainer; apptainer exec {img} {cmd}", "its `;` is for a shell"),
            ("apptainer exec {img} {cmd} 'a", "a quote in it is left open"),
            ("apptainer exec -B $PWD:/work {img} {cmd}", "`-B {{pwd}}:/work` names a place"),
            (
                "apptainer exec --overlay {img_dirpath}/o.img {img} {cmd}",
                "`--overlay {img_dirpath}/o.img` names a place",
            ),
            ("{img_dspath}/code/wrap run {img} {cmd}", "`wrap` is none of"),
            ("sudo docker run {img} {cmd}", "does not begin with"),
            ("apptainer exec {image} {cmd}", "`{image}` is nothing that DataLad fills in"),
            ("apptainer exec {img {cmd}", "`{img {cmd}` is nothing"),
            ("[\"apptainer\", \"{img}\", \"{cmd}\"]", "is for a shell"),
        ] {
            let said = own_options(call).unwrap_err();
            assert!(said.contains(why), "{call}: {said}");
        }
    }
}
