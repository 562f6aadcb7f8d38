//! Containers that `DataLad` has registered in a dataset, by name.

use std::path::Path;

/// A container that `DataLad` has registered; paths are from the dataset's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredContainer {
    /// Its image.
    pub image: String,
    /// How it is called.
    pub call: String,
    /// Further files that it needs.
    pub extra: Vec<String>,
}

/// The container of a name.
pub fn registered_container(dataset: &Path, name: &str) -> Option<RegisteredContainer> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_name(name) {
        return None;
    }
    let config = git2::Config::open(&dataset.join(".datalad/config")).ok()?;
    let of = |field: &str| config.get_string(&format!("datalad.containers.{name}.{field}")).ok();
    let image = of("image")?;
    let mut extra = Vec::new();
    if let Ok(all) = config.multivar(&format!("datalad.containers.{name}.extra-input"), None) {
        // A value that cannot be read is no path.
        let kept = all.for_each(|entry| extra.extend(entry.value().ok().map(|text| filled(text, &image))));
        kept.unwrap_or_default();
    }
    Some(RegisteredContainer { image, call: of("cmdexec").unwrap_or_default(), extra })
}

/// A further file's path with what `DataLad` fills in.
fn filled(text: &str, image: &str) -> String {
    let folder = image.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let text = text.replace("{img_dspath}", ".").replace("{img_dirpath}", folder).replace("{img}", image);
    text.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_datalad_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".datalad")).unwrap();
        let text = "[datalad \"dataset\"]\n\tid = x\n[datalad \"containers.my-tool\"]\n\timage = envs/a.sif\n\tcmdexec = apptainer exec {img} {cmd}\n\textra-input = {img_dirpath}/over.img\n\textra-input = ./b\n";
        std::fs::write(dir.path().join(".datalad/config"), text).unwrap();
        let found = registered_container(dir.path(), "my-tool");
        let expected = RegisteredContainer {
            image: "envs/a.sif".into(),
            call: "apptainer exec {img} {cmd}".into(),
            extra: vec!["envs/over.img".into(), "b".into()],
        };
        assert_eq!(found, Some(expected));
        assert_eq!(registered_container(dir.path(), "other"), None);
        assert_eq!(registered_container(dir.path(), "a.b"), None);
        assert_eq!(registered_container(Path::new("/nowhere"), "my-tool"), None);
    }
}
