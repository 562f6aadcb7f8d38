//! Made-up samples: small grey images and lists of numbers, the same on every machine.

use serde::Serialize;

/// One grey image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Image {
    /// What it is called, which says what is on it.
    pub(super) called: &'static str,
    /// So many pixels wide and high.
    pub(super) width: u64,
    /// Its pixels, from 0 to 255, row by row.
    pub(super) rows: Vec<String>,
}

/// One list of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sample {
    /// What it is called: `sample-01`.
    pub(super) called: String,
    /// Its lines.
    pub(super) rows: Vec<String>,
}

/// Three images of so many pixels a side.
pub(super) fn images(width: u64) -> Vec<Image> {
    let middle = width / 2;
    let far = |x: u64, y: u64| x.abs_diff(middle).pow(2) + y.abs_diff(middle).pow(2);
    let disc = |x, y| if far(x, y) < (width / 3).pow(2) { 220 } else { 20 };
    let wide = (width / 8).max(1);
    let stripes = |x: u64, y: u64| if ((x + y) / wide).is_multiple_of(2) { 200 } else { 60 };
    let ramp = |x: u64, y: u64| if x > y { 255 * x / width } else { 40 };
    vec![image("disc", width, disc), image("ramp", width, ramp), image("stripes", width, stripes)]
}

fn image(called: &'static str, width: u64, pixel: impl Fn(u64, u64) -> u64) -> Image {
    let row = |y| (0..width).map(|x| pixel(x, y).to_string()).collect::<Vec<_>>().join(" ");
    Image { called, width, rows: (0..width).map(row).collect() }
}

/// So many lists of numbers, all different.
pub(super) fn numbers(count: u64) -> Vec<Sample> {
    let wide = count.to_string().len().max(2);
    let row = |number: u64, line: u64| {
        let values = (0..6).map(|at| (number * 31 + line * 7 + at * at * 13) % 97).chain([number]);
        values.map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
    };
    let sample = |number| Sample {
        called: format!("sample-{number:0wide$}"),
        rows: (0..4).map(|line| row(number, line)).collect(),
    };
    (1..=count).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_differ_and_images_show_something() {
        let images = images(8);
        assert!(images.iter().all(|image| image.rows.len() == 8 && image.rows[0].split(' ').count() == 8));
        let values = |image: &Image| image.rows.join(" ").split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(images.iter().all(|image| values(image).iter().any(|value| *value != values(image)[0])));
        let numbers = numbers(120);
        assert_eq!((numbers.len(), numbers[4].called.as_str()), (120, "sample-005"));
        assert!(numbers.windows(2).all(|pair| pair[0].rows != pair[1].rows));
    }
}
