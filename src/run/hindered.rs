//! Why images could not be made ready for the last run, remembered until one can or what decides it is another: to find out
//! anew takes long.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::exec::is_stored_image;
use crate::ledger::{Durability, write_atomic};
use crate::model::{Image, PipelineName};

use super::containers::asked_mode;
use super::programs::choose;
use super::project::Project;
use super::tried::surroundings;

/// By pipeline; kept in the state folder, a damaged or absent file means nothing.
type Hindered = BTreeMap<String, Hindrance>;

/// What hindered a run.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hindrance {
    /// A digest of the image and of what decides which program runs it.
    of: String,
    /// Why, in one sentence.
    sentence: String,
    /// What there was none of then.
    #[serde(default)]
    lacked: Lacked,
}

/// What there is none of, of an image.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lacked {
    /// The bytes of one of its files.
    bytes: bool,
    /// The image itself, in the store of the program that is to run it.
    image: bool,
}

impl Project {
    /// Notes why the image of a pipeline could not be made ready, or that it could. A cache: failing to is no error.
    pub(super) fn note_hindrance(&self, name: &PipelineName, image: &Image, why: Option<&str>) {
        let mut all = self.read_hindered();
        let found = why.map(|why| Hindrance {
            of: self.digest_of(image),
            sentence: why.to_owned(),
            lacked: self.lacked(image),
        });
        let before = match &found {
            Some(found) => all.insert(name.to_string(), found.clone()),
            None => all.remove(name.as_str()),
        };
        if before != found
            && let Ok(bytes) = serde_json::to_vec(&all)
        {
            drop(write_atomic(&self.hindered_file(), &bytes, Durability::Process));
        }
    }

    /// Why the last run could not make the image of a pipeline ready, if all that decides it is the same, and nothing of
    /// what it lacked has come since.
    pub(super) fn hindrance(&self, name: &PipelineName, image: &Image) -> Option<String> {
        let found = self.read_hindered().remove(name.as_str())?;
        if found.of != self.digest_of(image) {
            return None;
        }
        let then = found.lacked;
        // A program is asked last: it may take its time.
        let has_come = (then.bytes && !self.lacks_bytes(image)) || (then.image && !self.lacks_image(image));
        (!has_come).then_some(found.sentence)
    }

    fn lacked(&self, image: &Image) -> Lacked {
        Lacked { bytes: self.lacks_bytes(image), image: self.lacks_image(image) }
    }

    fn lacks_bytes(&self, image: &Image) -> bool {
        let mut files = image.files().into_iter().chain(image.extra.iter().cloned());
        files.any(|path| self.bytes_of_image(&path).is_none())
    }

    fn lacks_image(&self, image: &Image) -> bool {
        let program = choose(asked_mode(self), image, &|program| self.programs.get(program));
        !program.is_ok_and(|program| is_stored_image(&program, image))
    }

    fn digest_of(&self, image: &Image) -> String {
        let search = std::env::var_os("PATH");
        let text = format!("{image:?} {:?} {search:?} {}", asked_mode(self), surroundings());
        blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
    }

    fn read_hindered(&self) -> Hindered {
        let bytes = fs::read(self.hindered_file()).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn hindered_file(&self) -> PathBuf {
        self.repo.state_dir().join("hindered.json")
    }
}
