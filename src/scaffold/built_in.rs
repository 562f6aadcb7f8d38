//! The scaffolds that are part of the program.

use include_dir::{Dir, include_dir};

use super::error::readable;
use super::load::load;
use super::{Manifest, ScaffoldError};

static SCAFFOLDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scaffolds");

fn ids() -> Vec<String> {
    let mut ids: Vec<String> = SCAFFOLDS.dirs().map(|dir| dir.path().display().to_string()).collect();
    ids.sort();
    ids
}

/// All built-in scaffolds, sorted by id.
///
/// # Panics
/// Never: a test reads every built-in scaffold.
pub fn list() -> Vec<Manifest> {
    ids().iter().map(|id| read(id).expect("a test reads every built-in scaffold")).collect()
}

/// The built-in scaffold with this id. Errors: there is none.
pub fn find(id: &str) -> Result<Manifest, ScaffoldError> {
    let known = ids();
    if known.iter().any(|known| known == id) {
        return read(id).map_err(|problem| ScaffoldError::Unusable { scaffold: id.to_owned(), problem });
    }
    let near = crate::spec::nearest(id, known.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let known = readable(known.iter().map(String::as_str)) + &near;
    Err(ScaffoldError::UnknownScaffold { id: id.to_owned(), known })
}

fn read(id: &str) -> Result<Manifest, String> {
    let file = |path: &str| {
        let file = SCAFFOLDS.get_file(format!("{id}/{path}"));
        Ok(file.ok_or_else(|| format!("it has no file `{path}`"))?.contents().to_vec())
    };
    load(&file, &read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scaffold_reads() {
        for id in ids() {
            let manifest = read(&id).expect("it reads");
            assert_eq!(manifest.id, id);
            assert!(manifest.next_steps.len() >= 3, "{id}");
        }
        assert!(ids().contains(&"yoda".to_owned()));
    }

    #[test]
    fn an_extending_scaffold_replaces_by_place() {
        let files = find("freesurfer").expect("it is built in").files;
        let readme: Vec<&str> =
            files.iter().filter(|rule| rule.dest == "README.md").map(|rule| rule.scaffold.as_str()).collect();
        assert_eq!(readme, ["freesurfer"]);
        assert!(files.iter().any(|rule| rule.scaffold == "yoda"));
    }

    #[test]
    fn an_unknown_id_names_the_known_ones() {
        let error = find("fresurfer").expect_err("there is none").to_string();
        assert!(error.starts_with("there is no scaffold `fresurfer`; there are "), "{error}");
        assert!(error.ends_with("; did you mean `freesurfer`?"), "{error}");
    }
}
