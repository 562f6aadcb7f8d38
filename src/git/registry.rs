//! Containers that `DataLad` has registered in a dataset, by name.

use std::path::Path;

/// A registered container: its image, from the dataset's root, and how it is called.
pub fn registered_container(dataset: &Path, name: &str) -> Option<(String, String)> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_name(name) {
        return None;
    }
    let config = git2::Config::open(&dataset.join(".datalad/config")).ok()?;
    let of = |field: &str| config.get_string(&format!("datalad.containers.{name}.{field}")).ok();
    Some((of("image")?, of("cmdexec").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_datalad_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".datalad")).unwrap();
        let text = "[datalad \"dataset\"]\n\tid = x\n[datalad \"containers.my-tool\"]\n\timage = envs/a.sif\n\tcmdexec = apptainer exec {img} {cmd}\n";
        std::fs::write(dir.path().join(".datalad/config"), text).unwrap();
        let found = registered_container(dir.path(), "my-tool");
        assert_eq!(found, Some(("envs/a.sif".into(), "apptainer exec {img} {cmd}".into())));
        assert_eq!(registered_container(dir.path(), "other"), None);
        assert_eq!(registered_container(dir.path(), "a.b"), None);
        assert_eq!(registered_container(Path::new("/nowhere"), "my-tool"), None);
    }
}
