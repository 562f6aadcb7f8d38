//! `Preparation`: makes the container of a pipeline ready, apart from the project, so that a thread can do it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exec::{
    ContainerView, Found, ImageSources, Room, SandboxView, for_charliecloud, image_digest, obtain_image,
    user_in_image, with_mounts_below,
};
use crate::git::Keeper;
use crate::model::{Image, Limits};

use super::absent::{ToFetch, fetch_now};
use super::tried::tried;

/// Images are made ready one after the other: two pipelines may want the same one.
static ONE: Mutex<()> = Mutex::new(());

/// Where the bytes of a file of an image are.
#[derive(Clone, Debug)]
pub(super) enum ImageFile {
    /// There.
    Here(PathBuf),
    /// In an annex, under a key that may have to be fetched.
    Annexed(Arc<Keeper>, Arc<str>),
    /// Nowhere.
    Absent,
}

/// All that it takes to make a container ready.
pub(super) struct Preparation {
    pub(super) image: Image,
    pub(super) found: Found,
    pub(super) around: Option<Arc<SandboxView>>,
    /// The project's root.
    pub(super) root: PathBuf,
    /// `.git/minipach`.
    pub(super) state: PathBuf,
    /// The files that the image consists of, or needs, by path from the root.
    pub(super) files: BTreeMap<String, ImageFile>,
    /// Folders that are shown.
    pub(super) shown: Vec<PathBuf>,
    pub(super) options: Vec<String>,
    pub(super) wanted_user: Option<String>,
    pub(super) network: bool,
    pub(super) begins_in_image: bool,
    pub(super) limits: Limits,
    pub(super) passed: Vec<String>,
}

impl Preparation {
    /// Fetches, pulls, loads or builds what is not here. `say` hears of what takes long before it begins.
    ///
    /// # Errors
    /// One sentence that says why it cannot be had.
    pub(super) fn run(self, say: &mut dyn FnMut(String)) -> Result<Room, String> {
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        self.fetch(say)?;
        // With options of people's own it may well start one.
        if let (true, Err(why)) = (self.options.is_empty(), tried(&self.found, &self.state)) {
            say(why);
        }
        let store = self.state.join("images");
        let bytes = |path: &str| self.bytes(path);
        let sources = ImageSources { root: &self.root, bytes: &bytes, store: &store };
        let ready = obtain_image(&self.found, &self.image, &sources, say)?;
        let digest = image_digest(&self.found, &self.image, &ready);
        let user = user_in_image(&self.found, &ready, self.wanted_user.as_deref())?;
        let folders = with_mounts_below(&self.shown.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        let within =
            |view: &Arc<SandboxView>| in_charliecloud(view, Path::new(&ready), &folders, self.network);
        let around = self.around.as_ref().map(within).transpose()?;
        let helper =
            std::env::current_exe().map_err(|error| format!("minipach cannot find itself: {error}"))?;
        Ok(Room::Container(Arc::new(ContainerView {
            options: self.options,
            user,
            network: self.network,
            begins_in_image: self.begins_in_image,
            shown: folders,
            limits: self.limits,
            passed: self.passed,
            text: self.image.text.clone(),
            image: ready,
            digest,
            around,
            helper,
            found: self.found,
        })))
    }

    fn bytes(&self, path: &str) -> Result<PathBuf, String> {
        match self.files.get(path) {
            Some(ImageFile::Here(path)) => Ok(path.clone()),
            Some(ImageFile::Annexed(keeper, key)) => {
                keeper.object(key).ok_or_else(|| format!("the content of `{path}` is not here"))
            }
            Some(ImageFile::Absent) | None => Err(format!("`{path}` is not there")),
        }
    }

    /// Fetches those of its files that are not here.
    fn fetch(&self, say: &mut dyn FnMut(String)) -> Result<(), String> {
        let mut wanted: BTreeMap<&str, (&Arc<Keeper>, BTreeSet<Arc<str>>)> = BTreeMap::new();
        for file in self.files.values() {
            if let ImageFile::Annexed(keeper, key) = file
                && keeper.object(key).is_none()
            {
                let (_, keys) = wanted.entry(&keeper.path).or_insert_with(|| (keeper, BTreeSet::new()));
                keys.insert(Arc::clone(key));
            }
        }
        for (keeper, keys) in wanted.into_values() {
            let size = ToFetch::of(keys.iter().map(|key| &**key)).size();
            say(format!("`git annex get` fetches the image `{}` ({size})", self.image.text));
            let name = format!("fetch-image-{}", blake3::hash(self.image.text.as_bytes()).to_hex());
            let failed = fetch_now(keeper, keys.into_iter().collect(), &self.state.join("work"), &name);
            if let Some(why) = failed.map_err(|error| error.to_string())?.into_values().next() {
                return Err(format!("the image `{}` is not here: {why}", self.image.text));
            }
        }
        Ok(())
    }
}

/// The sandbox in which charliecloud makes a container of the folder `image`.
fn in_charliecloud(
    view: &SandboxView,
    image: &Path,
    folders: &[PathBuf],
    network: bool,
) -> Result<Arc<SandboxView>, String> {
    let further = for_charliecloud(image, folders)
        .map_err(|error| format!("the image `{}` cannot be read: {error}", image.display()))?;
    Ok(Arc::new(view.around(further, network)))
}
