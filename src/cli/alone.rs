//! Arguments of `minipach` alone, which opens the terminal UI or prints a screen.

use clap::Args;

/// Heading of the options that `minipach` alone has.
const HEADING: &str = "Terminal UI (without a command)";

/// What is told of `--screen`.
const SCREENS: &str = "Which: home, pipeline:NAME, datum:PIPELINE:KEY, log:PIPELINE:KEY, logs:PIPELINE, jobs, files, file:PATH, check, history, provenance:PATH, provenance:PIPELINE:KEY, undo, save, gc, recursive, engines, new, help, palette, plan, plan:PIPELINE, plan:PIPELINE:KEY, messages";

/// Arguments of `minipach` alone.
#[derive(Debug, Default, Args)]
pub(super) struct Alone {
    /// Print one screen as text; with `--json`, its facts
    #[arg(long, help_heading = HEADING)]
    pub once: bool,
    /// For screen readers: sentences out, typed lines in, no drawing
    #[arg(long, conflicts_with = "once", help_heading = HEADING)]
    pub plain: bool,
    /// Which screen.
    #[arg(long, value_name = "SCREEN", requires = "once", value_parser = crate::tui::ScreenName::parse,
          help_heading = HEADING, help = SCREENS)]
    pub screen: Option<crate::tui::ScreenName>,
    /// How large: by default as the terminal, else 80x24
    #[arg(long, value_name = "WxH", requires = "once", value_parser = size, help_heading = HEADING)]
    pub size: Option<(u16, u16)>,
    /// Draw with ASCII characters only
    #[arg(long, help_heading = HEADING)]
    pub ascii: bool,
    /// Let nothing move by itself
    #[arg(long, help_heading = HEADING)]
    pub no_motion: bool,
}

impl Alone {
    /// Whether any of them is given.
    pub(super) const fn is_given(&self) -> bool {
        self.once || self.plain || self.ascii || self.no_motion
    }
}

/// Reads a size such as `80x24`.
fn size(text: &str) -> Result<(u16, u16), String> {
    let number = |text: &str| text.parse().ok().filter(|number| (1..=1000).contains(number));
    let sides = text.split_once('x').and_then(|(width, height)| Some((number(width)?, number(height)?)));
    sides.ok_or_else(|| "a size is columns x rows, such as 80x24, each at most 1000".into())
}
