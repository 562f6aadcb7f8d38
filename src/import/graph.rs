//! Who needs whom among what a source describes: the order, and the circles that are left out of it.

use std::collections::BTreeMap;

use super::report::{Place, Report};

/// Names in an order, and those that have none.
pub(super) struct Sorted {
    /// Each comes after all it needs.
    pub(super) order: Vec<String>,
    /// The circles, each with its members in turn.
    pub(super) circles: Vec<Vec<String>>,
}

/// Puts names in order and takes the circles out.
pub(super) fn sorted(mut needs: BTreeMap<String, Vec<String>>) -> Sorted {
    let mut circles = Vec::new();
    loop {
        match order(&needs) {
            Ok(order) => return Sorted { order, circles },
            Err(circle) => {
                needs.retain(|name, _| !circle.contains(name));
                circles.push(circle);
            }
        }
    }
}

/// What is left out since it needs itself: pipelines, and where they stood in the source.
pub(super) type LeftOut = BTreeMap<String, Place>;

/// Tells of each member of each circle that it is left out; `known` gives its pipeline and its place.
pub(super) fn leave_out(
    circles: &[Vec<String>],
    why: &str,
    known: impl Fn(&str) -> Option<(String, Place)>,
    report: &mut Report,
) -> LeftOut {
    let mut left_out = LeftOut::new();
    for circle in circles {
        for (pipeline, place) in circle.iter().filter_map(|name| known(name)) {
            report.forget(&pipeline);
            report.refused(&place, "", format!("{}: {why}", told(circle)));
            left_out.insert(pipeline, place);
        }
    }
    left_out
}

/// Puts names in an order in which each comes after all it needs; in a circle, its members in turn.
pub(super) fn order(needs: &BTreeMap<String, Vec<String>>) -> Result<Vec<String>, Vec<String>> {
    let mut done: Vec<String> = Vec::new();
    let mut marks: BTreeMap<&str, bool> = BTreeMap::new();
    for start in needs.keys() {
        let mut path: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((name, next)) = path.pop() {
            if next == 0 && marks.insert(name, false) == Some(true) {
                marks.insert(name, true);
                continue;
            }
            let known = needs.get(name).map(Vec::as_slice).unwrap_or_default();
            let Some(need) = known.get(next) else {
                marks.insert(name, true);
                done.push(name.to_owned());
                continue;
            };
            path.push((name, next + 1));
            match marks.get(need.as_str()) {
                Some(false) => return Err(circle(&path, need)),
                None if needs.contains_key(need) => path.push((need, 0)),
                Some(true) | None => {}
            }
        }
    }
    Ok(done)
}

fn circle(path: &[(&str, usize)], need: &str) -> Vec<String> {
    path.iter().map(|(name, _)| *name).skip_while(|name| *name != need).map(str::to_owned).collect()
}

/// A circle in words: `` `a` needs `b`, which needs `a` ``.
pub(super) fn told(circle: &[String]) -> String {
    let Some(first) = circle.first() else { return String::new() };
    if circle.len() == 1 {
        return format!("`{first}` needs itself");
    }
    let rest: Vec<String> = circle[1..].iter().chain([first]).map(|name| format!("`{name}`")).collect();
    format!("`{first}` needs {}", rest.join(", which needs "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_circles() {
        let graph = |edges: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
            edges
                .iter()
                .map(|(a, b)| ((*a).to_owned(), b.iter().map(|b| (*b).to_owned()).collect()))
                .collect()
        };
        assert_eq!(
            order(&graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &["x"])])),
            Ok(vec!["c".into(), "b".into(), "a".into()])
        );
        let circle = order(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).expect_err("a circle");
        assert_eq!(told(&circle), "`b` needs `c`, which needs `b`");
        assert_eq!(told(&order(&graph(&[("a", &["a"])])).expect_err("a circle")), "`a` needs itself");
    }
}
