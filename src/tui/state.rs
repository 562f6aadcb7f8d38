//! `State`: everything the UI knows and shows; plain data without handles or a clock of its own.

use std::collections::BTreeMap;

use crate::app::command_line;
use crate::model::show;

use super::action::{Action, Place};
use super::effect::{Answer, Effect, World};
use super::facts::Facts;
use super::keymap::Keymap;
use super::look::{self, Look};
use super::own::{self, Own};
use super::popup::Popup;
pub(super) use super::said::Message;
use super::said::Messages;
use super::screen::check::Check;
use super::screen::datum::Datum;
use super::screen::files::Files;
use super::screen::history::History;
use super::screen::home::Home;
use super::screen::jobs::Jobs;
use super::screen::log::Log;
use super::screen::pipeline::Pipeline;
use super::screen::provenance::Provenance;
use super::screen::{Hit, Screen, Seen};
use super::stand::Asked;
pub(super) use super::stand::Tab;
use super::theme::{Role, Theme};

/// A screen over a tab.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// One pipeline.
    Pipeline(Pipeline),
    /// One datum.
    Datum(Datum),
    /// A log.
    Log(Log),
    /// Where something comes from.
    Provenance(Provenance),
}

impl Layer {
    /// How far from the tabs it lies.
    const fn depth(&self) -> u8 {
        match self {
            Self::Pipeline(_) => 1,
            Self::Datum(_) => 2,
            Self::Log(_) | Self::Provenance(_) => 3,
        }
    }
}

/// Everything the UI knows and shows.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Looks.
    pub(super) theme: Theme,
    /// Which key does what.
    pub(super) keymap: Keymap,
    /// Commands of the user's own.
    pub(super) own: Vec<Own>,
    /// What is known of the project.
    pub(super) facts: Facts,
    /// The screen at the bottom of the stack.
    pub(super) tab: Tab,
    /// Screens over it.
    pub(super) layers: Vec<Layer>,
    /// The tab and the screens over it that led to this tab, for the way back.
    pub(super) came_from: Option<(Tab, Vec<Layer>)>,
    /// Where one stood when a commit began to be looked at, for the way back to now.
    pub(super) before_look: Option<(Tab, Vec<Layer>)>,
    /// What lies over the topmost screen.
    pub(super) popups: Vec<Popup>,
    /// The home screen.
    pub(super) home: Home,
    /// The screen of runs.
    pub(super) jobs: Jobs,
    /// The screen of findings.
    pub(super) check: Check,
    /// The screen of commits.
    pub(super) history: History,
    /// The screen of files.
    pub(super) files: Files,
    /// The commit that everything is shown as of, if it is not now.
    pub(super) look: Option<Look>,
    /// What the last frame showed.
    pub(super) seen: Seen,
    /// What was said, oldest first.
    pub(super) messages: Messages,
    /// The process of a run that was started here and lives.
    pub(super) own_run: Option<u32>,
    /// What was started here, until it tells something itself: it may wait for others, as for git's index.
    pub(super) starting: Option<String>,
    /// What is wrong with the configuration, until it is mended.
    pub(super) misconfigured: Option<String>,
    /// The shell command of the last thing done, for copying.
    pub(super) last_command: Option<String>,
    /// Whether the mouse is left to the terminal.
    pub(super) gives_mouse: bool,
    /// What the world is to do next.
    pub(super) worlds: Vec<World>,
    /// When it began: milliseconds since the Unix epoch.
    pub(super) begun_ms: u64,
    /// Whether the terminal says that nobody looks at it.
    pub(super) is_away: bool,
    /// A pipeline that is being written: the cursor goes to it when it is there.
    pub(super) awaited: Option<String>,
    /// Questions whose answers open something.
    pub(super) asked: Asked,
    /// When Ctrl-C was pressed last.
    pub(super) ctrl_c_ms: Option<u64>,
}

impl State {
    /// The screen on top.
    pub(super) fn top(&self) -> &dyn Screen {
        match (self.layers.last(), self.tab) {
            (Some(Layer::Pipeline(screen)), _) => screen,
            (Some(Layer::Datum(screen)), _) => screen,
            (Some(Layer::Log(screen)), _) => screen,
            (Some(Layer::Provenance(screen)), _) => screen,
            (None, Tab::Home) => &self.home,
            (None, Tab::Jobs) => &self.jobs,
            (None, Tab::Check) => &self.check,
            (None, Tab::History) => &self.history,
            (None, Tab::Files) => &self.files,
        }
    }

    /// The screen on top with what it may look at.
    fn parts(&mut self) -> (&mut dyn Screen, &Facts, &Seen) {
        let screen: &mut dyn Screen = match (self.layers.last_mut(), self.tab) {
            (Some(Layer::Pipeline(screen)), _) => screen,
            (Some(Layer::Datum(screen)), _) => screen,
            (Some(Layer::Log(screen)), _) => screen,
            (Some(Layer::Provenance(screen)), _) => screen,
            (None, Tab::Home) => &mut self.home,
            (None, Tab::Jobs) => &mut self.jobs,
            (None, Tab::Check) => &mut self.check,
            (None, Tab::History) => &mut self.history,
            (None, Tab::Files) => &mut self.files,
        };
        (screen, &self.facts, &self.seen)
    }

    /// Where keys go.
    pub(super) fn place(&self) -> Place {
        self.top().place()
    }

    /// Says something at the bottom line. What was said last already is kept once.
    pub(super) fn say(&mut self, text: impl Into<String>, role: Role) {
        self.messages.say(self.facts.now_ms, text.into(), role);
    }

    /// Says what is under way, until it came.
    pub(super) fn say_underway(&mut self, text: impl Into<String>) {
        self.say(text, Role::Dim);
        self.messages.until_it_came();
    }

    /// Says why an action can do nothing, as long as that is so.
    pub(super) fn refuse(&mut self, action: Action, why: String, text: String) {
        self.say(text, Role::Dim);
        self.messages.refused = Some((action, why));
    }

    /// Something else is known: an action that was refused may be on now.
    pub(super) fn refuse_no_more(&mut self) {
        if let Some((action, why)) = &self.messages.refused
            && self.off(*action).as_ref() != Some(why)
        {
            self.messages.end_refusal();
        }
    }

    /// A key was pressed: what an earlier key was answered, and what has been read, is not of what happens now.
    pub(super) fn pass_over(&mut self) {
        self.messages.pass_over(self.facts.now_ms);
    }

    /// What was said is true no more.
    pub(super) fn withdraw(&mut self, text: &str) {
        self.messages.withdraw(text);
    }

    /// What was under way came: nothing is said of it any more. Whether anything was.
    pub(super) fn has_come(&mut self) -> bool {
        self.messages.has_come()
    }

    /// What stands at the bottom line now.
    pub(super) fn message(&self) -> Option<&Message> {
        self.messages.now(self.facts.now_ms)
    }

    /// What is under the cursor, by name.
    pub(super) fn names(&self) -> BTreeMap<&'static str, String> {
        own::names(&self.top().twin(&self.facts, 1), &self.facts.snapshot.project)
    }

    /// What a command of the user's own runs now.
    ///
    /// # Errors
    /// Why it cannot: something that it names is not under the cursor.
    pub(super) fn own_text(&self, at: usize) -> Result<String, String> {
        let own = self.own.get(at).ok_or("the configuration has it no more")?;
        own.text(&self.names())
    }

    /// Why nothing can be run now, wherever the cursor stands; `None` if it can.
    pub(super) fn runs_off(&self) -> Option<String> {
        let past = look::off(self.look.as_ref(), &self.keymap.shown(Action::Live), Action::Rerun);
        let unread = self.facts.unread.as_ref().map(|why| format!("the project cannot be read: {why}"));
        let run = self.facts.is_live.then(|| {
            let cancel = self.keymap.shown(Action::Cancel);
            format!("a run is going on (process {}); `{cancel}` stops it", self.facts.run.pid)
        });
        past.or(unread).or(run)
    }

    /// Why an action can do nothing now; `None` if it can.
    pub(super) fn off(&self, action: Action) -> Option<String> {
        let tab =
            |tab, what: &str| (self.tab == tab && self.layers.is_empty()).then(|| format!("this is {what}"));
        if let Some(why) = look::off(self.look.as_ref(), &self.keymap.shown(Action::Live), action) {
            return Some(why);
        }
        if let Some(why) = self.facts.unread.as_ref().filter(|_| action.changes_project()) {
            return Some(format!("the project cannot be read: {why}"));
        }
        if self.facts.is_gone() && action.starts_program() {
            return self.facts.unread.clone();
        }
        match action {
            Action::Cancel | Action::EndNow | Action::Pause if !self.facts.is_live => {
                Some("no run is going on".into())
            }
            Action::Pause if self.facts.stops() > 0 => Some("the run is stopping: nothing new begins".into()),
            Action::RerunBelow if self.facts.snapshot.subdatasets == 0 => {
                Some("no subdataset is installed here; `r` and `R` run what is".into())
            }
            Action::Rerun | Action::RerunDownstream | Action::RerunBelow | Action::Accept
                if self.facts.is_live =>
            {
                self.runs_off()
            }
            Action::Save | Action::Undo | Action::Replay | Action::Collect if self.facts.is_live => {
                Some(format!("a run is going on (process {}); it ends first", self.facts.run.pid))
            }
            Action::Save if self.facts.is_all_committed() => Some(self.facts.edited().map_or_else(
                || "all is committed".into(),
                |edited| format!("{edited}, which `a` on its datum accepts; all else is committed"),
            )),
            Action::Save if self.facts.waits_for_run() => {
                let run = self.keymap.shown(Action::RerunDownstream);
                Some(format!("only results wait that no ledger has yet: a run commits them (`{run}`)"))
            }
            Action::Back if self.is_at_rest() => {
                Some(format!("nothing is open; {} quits", self.keymap.shown(Action::Quit)))
            }
            Action::NewProject => Some(
                "this is one already; `minipach new FOLDER`, or `minipach` where no project is, begins another".into(),
            ),
            Action::Own(at) => self.own_text(at).err(),
            Action::ShowPipelines => tab(Tab::Home, "the list of pipelines"),
            Action::ShowJobs => tab(Tab::Jobs, "the list of runs"),
            Action::ShowFiles => tab(Tab::Files, "the tree of files"),
            Action::ShowHistory => tab(Tab::History, "the list of commits"),
            _ => self.top().off(&self.facts, action),
        }
    }

    /// Whether rows of the screen on top are selected.
    pub(super) fn has_selection(&self) -> bool {
        let twin = self.top().twin(&self.facts, 0);
        twin.facts.get("selected").and_then(|rows| rows.as_array()).is_some_and(|rows| !rows.is_empty())
    }

    /// Whether to close what is open means to leave the program.
    pub(super) const fn quits(&self) -> bool {
        self.layers.is_empty() && self.look.is_none() && self.came_from.is_none()
    }

    /// Back to what led to this tab, if something did; whether it did.
    pub(super) fn return_from_tab(&mut self) -> bool {
        let Some((tab, layers)) = self.came_from.take().filter(|_| self.layers.is_empty()) else {
            return false;
        };
        (self.tab, self.layers) = (tab, layers);
        true
    }

    /// Whether there is no step to take back.
    fn is_at_rest(&self) -> bool {
        self.tab == Tab::Home && self.layers.is_empty() && self.look.is_none() && !self.home.is_filtered()
    }

    /// Whether an action only leads to the tab that is on the screen.
    pub(super) fn is_here(&self, action: Action) -> bool {
        let leads_to = match action {
            Action::ShowPipelines => Tab::Home,
            Action::ShowJobs => Tab::Jobs,
            Action::ShowFiles => Tab::Files,
            Action::ShowHistory => Tab::History,
            _ => return false,
        };
        leads_to == self.tab && self.layers.is_empty()
    }

    /// Lets the screen on top do an action.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        let (screen, facts, seen) = self.parts();
        screen.act(facts, action, seen)
    }

    /// Lets the screen on top take one step back; whether it had one.
    pub(super) fn back(&mut self) -> bool {
        let (screen, facts, seen) = self.parts();
        screen.back(facts, seen)
    }

    /// Tells the screen on top that it came there.
    pub(super) fn came(&mut self) -> Vec<Effect> {
        let (screen, facts, _) = self.parts();
        screen.came(facts)
    }

    /// Puts the cursor on a row; whether it was there already.
    pub(super) fn click(&mut self, row: usize) -> bool {
        self.parts().0.click(row)
    }

    /// Gives the wheel to what the pointer is on; whether it had it already.
    pub(super) fn point(&mut self, hit: &Hit) -> bool {
        self.parts().0.point(hit)
    }

    /// Puts the cursor on a row of its second list.
    pub(super) fn click_other(&mut self, row: usize) {
        let (screen, facts, _) = self.parts();
        screen.click_other(facts, row);
    }

    /// The text of the filter of the screen on top, if it has one.
    pub(super) fn filter(&mut self) -> Option<&mut String> {
        let (screen, ..) = self.parts();
        screen.filter()
    }

    /// What is under the cursor of the screen on top, to come back to it.
    pub(super) fn spot(&self) -> Option<String> {
        self.top().spot(&self.facts)
    }

    /// Puts the cursor back on what it was on, if that is shown; what the screen wants to know of it.
    pub(super) fn return_to(&mut self, spot: &str) -> Vec<Effect> {
        let (screen, facts, _) = self.parts();
        screen.return_to(facts, spot)
    }

    /// Opens a screen over the one on top; what it wants to know.
    pub(super) fn open(&mut self, effect: Effect) -> Vec<Effect> {
        let (layer, effects) = match effect {
            Effect::OpenPipeline(name) => {
                let (screen, effects) = Pipeline::open(name, &self.facts);
                (Layer::Pipeline(screen), effects)
            }
            Effect::OpenDatum(pipeline, key) => {
                let order = match self.layers.last() {
                    Some(Layer::Pipeline(screen)) => screen.order_of(&pipeline),
                    _ => None,
                };
                let (screen, effects) = Datum::open(pipeline, key, &self.facts);
                (Layer::Datum(screen.among(order)), effects)
            }
            Effect::OpenLog(source) => {
                let (screen, effects) = Log::open(source, &self.facts);
                (Layer::Log(screen), effects)
            }
            Effect::OpenProvenance(target) => {
                let (screen, effects) = Provenance::open(target, &self.facts);
                (Layer::Provenance(screen), effects)
            }
            _ => return Vec::new(),
        };
        self.layers.truncate(self.below(&layer));
        self.layers.push(layer);
        effects
    }

    /// How many of the open screens stay below one that is opened. From a datum to another pipeline, back leads to where
    /// that pipeline belongs, not through all before; from where something comes from to a datum, back leads there again.
    fn below(&self, layer: &Layer) -> usize {
        let is_origin = |open: &Layer| matches!(open, Layer::Provenance(_));
        let last = self.layers.iter().rposition(is_origin).map_or(0, |at| at + 1);
        let first = if matches!(layer, Layer::Pipeline(_)) { 0 } else { last };
        let depth = self.layers[first..].iter().position(|open| open.depth() >= layer.depth());
        depth.map_or(self.layers.len(), |at| first + at)
    }

    /// Every screen that is open, lowest first, with what it may look at.
    fn all(&mut self) -> (Vec<&mut dyn Screen>, &Facts) {
        let mut screens: Vec<&mut dyn Screen> =
            vec![&mut self.home, &mut self.jobs, &mut self.check, &mut self.history, &mut self.files];
        screens.extend(self.layers.iter_mut().map(|layer| -> &mut dyn Screen {
            match layer {
                Layer::Pipeline(screen) => screen,
                Layer::Datum(screen) => screen,
                Layer::Log(screen) => screen,
                Layer::Provenance(screen) => screen,
            }
        }));
        (screens, &self.facts)
    }

    /// Hands an answer to the screens that may have asked.
    pub(super) fn take(&mut self, answer: &Answer) -> Vec<Effect> {
        let (screens, facts) = self.all();
        screens.into_iter().flat_map(|screen| screen.take(facts, answer)).collect()
    }

    /// Tells every screen that what was asked for was started.
    pub(super) fn started(&mut self) {
        self.all().0.into_iter().for_each(Screen::started);
    }

    /// Lets every screen ask anew, after the snapshot or a run changed.
    pub(super) fn refresh(&mut self) -> Vec<Effect> {
        let (screens, facts) = self.all();
        screens.into_iter().flat_map(|screen| screen.refresh(facts)).collect()
    }

    /// Lets the screen on top ask anew because time passed.
    pub(super) fn tick(&mut self) -> Vec<Effect> {
        let (screen, facts, _) = self.parts();
        screen.tick(facts)
    }

    /// What the screen on top wants to know of what it shows now.
    pub(super) fn want(&mut self) -> Option<Effect> {
        let (screen, facts, _) = self.parts();
        screen.want(facts)
    }

    /// The way to the screen on top; `None` at a tab.
    pub(super) fn trail(&self) -> Option<String> {
        if self.layers.is_empty() {
            return None;
        }
        let project = show(&self.facts.snapshot.project);
        Some(format!("{project} {} {}", self.theme.pick("›", ">"), self.top().trail()))
    }

    /// The shell command that does what was done last, or shows what is on the screen.
    pub(super) fn command(&self) -> String {
        match &self.last_command {
            Some(command) => command.clone(),
            None => command_line(&self.top().words(&self.facts)),
        }
    }
}
