//! What is known of a pipeline's inputs and code without reading them, as they are not here.

use crate::model::PipelineName;
use crate::run::Plans;

use super::session::Session;

/// Sentences on what of a pipeline's inputs and code is not here, so that only what was recorded of it is known.
pub fn half_known(session: &Session, plans: &Plans, pipeline: &str) -> Vec<String> {
    let name = PipelineName::parse(pipeline).ok();
    let planned = name.and_then(|name| plans.by_name.get(&name)?.as_ref().ok());
    let Some(planned) = planned else { return Vec::new() };
    let absent = planned.absent.as_ref().map(|path| {
        format!("the subdataset `{path}` is not installed: what is in it is known as the ledger has it, for its recorded commit")
    });
    absent.into_iter().chain(session.project.half_known(planned)).collect()
}
