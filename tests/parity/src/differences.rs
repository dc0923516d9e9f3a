//! What may differ, and what comes of a comparison.

use std::collections::BTreeMap;

use crate::edit::{first_difference, Edit, Lines, Stream};
use crate::observation::{Actor, Entry, Event, Observation, Stamp};
use crate::wire::Transport;

/// One deliberate difference.
pub struct Difference<S> {
    /// Of the contract (§) or of the tunnel cases (T).
    pub id: &'static str,
    pub what: &'static str,
    pub how: How<S>,
}

/// How a difference is recognised.
pub enum How<S> {
    /// A line on the wire is another; the rest is compared.
    Edits(fn(&S, &Lines<'_>) -> Option<Edit>),
    /// Writes one observation, or both, as if there were none, and says whether there was something to write; what is
    /// compared is everything else. First comes this crate's.
    Rewrites(fn(&S, &mut Observation, &mut Observation) -> bool),
    /// What comes first of all that differs is this. From there on the two are not compared, as the connections
    /// are no longer in the same state.
    Diverges(fn(&S, &Divergence<'_>) -> bool),
}

/// Where two observations begin to differ.
pub struct Divergence<'a> {
    pub stamp: Stamp,
    pub ours: &'a Observation,
    pub published: &'a Observation,
}

impl<'a> Divergence<'a> {
    fn find(ours: &'a Observation, published: &'a Observation) -> Option<Self> {
        let actors = ours.0.keys().chain(published.0.keys());
        let firsts = actors.filter_map(|actor| {
            let (ours, published) = (ours.of(*actor), published.of(*actor));
            let same = same_entries(ours, published);
            let first = |entries: &[Entry]| entries.get(same).map(|(stamp, _)| *stamp);
            match (first(ours), first(published)) {
                (Some(ours), Some(published)) => Some(ours.min(published)),
                (ours, published) => ours.or(published),
            }
        });
        Some(Divergence {
            stamp: firsts.min()?,
            ours,
            published,
        })
    }

    /// What `actor` saw at that time and in this crate only, up to what both have.
    pub fn ours(&self, actor: Actor) -> &'a [Entry] {
        self.at(self.ours.of(actor), self.published.of(actor))
    }

    pub fn published(&self, actor: Actor) -> &'a [Entry] {
        self.at(self.published.of(actor), self.ours.of(actor))
    }

    fn at(&self, entries: &'a [Entry], others: &[Entry]) -> &'a [Entry] {
        let rest = &entries[same_entries(entries, others)..];
        let count = rest.iter().take_while(|entry| entry.0 == self.stamp);
        &rest[..count.count()]
    }

    /// All that an actor of this crate's saw until then.
    pub fn before(&self, actor: Actor) -> &'a [Entry] {
        until(self.ours.of(actor), self.stamp)
    }

    /// Who saw a difference at that time.
    pub fn concerned(&self) -> Vec<Actor> {
        let actors = self.ours.0.keys().chain(self.published.0.keys());
        let mut concerned: Vec<_> = actors
            .copied()
            .filter(|actor| !self.ours(*actor).is_empty() || !self.published(*actor).is_empty())
            .collect();
        concerned.sort_unstable();
        concerned.dedup();
        concerned
    }

    /// Whether nobody else saw a difference at that time.
    pub fn concerns_only(&self, actors: &[Actor]) -> bool {
        self.concerned().iter().all(|actor| actors.contains(actor))
    }
}

fn until(entries: &[Entry], stamp: Stamp) -> &[Entry] {
    let count = entries.iter().take_while(|entry| entry.0 <= stamp).count();
    &entries[..count]
}

fn same_entries(some: &[Entry], others: &[Entry]) -> usize {
    let pairs = some.iter().zip(others);
    pairs.take_while(|(a, b)| a == b).count()
}

/// What two entries have of bytes.
pub fn bytes(entries: &[Entry]) -> Vec<u8> {
    let data = entries.iter().filter_map(|(_, event)| match event {
        Event::Data(data) => Some(&data[..]),
        _ => None,
    });
    data.collect::<Vec<_>>().concat()
}

/// The id of what follows from another difference where a transport has limited room.
pub const ROOM: &str = "room";
pub const WHAT_ROOM: &str = "where a listed difference puts more or fewer bytes on the wire, a transport of limited room is \
     full at another time, and what happens from there on is not compared";

/// How often the list is gone through.
const PASSES: usize = 2;

/// One role of one protocol.
pub struct Suite<S: 'static> {
    pub name: &'static str,
    pub ours: fn(&S) -> Observation,
    pub published: fn(&S) -> Observation,
    /// Brings an observation into the form that is compared.
    pub prepare: fn(&mut Observation),
    /// In the order in which they are tried.
    pub differences: &'static [&'static [Difference<S>]],
    pub transport: fn(&S) -> &Transport,
}

/// What a scenario came to.
pub struct Compared {
    pub ours: Observation,
    pub published: Observation,
    /// Ids of the differences that were needed.
    pub explained: Vec<&'static str>,
    /// Requests that reached a service, or responses that reached a caller.
    pub exchanges: usize,
    /// Whether nothing differs that is not listed.
    pub same: bool,
    /// Whether all of the case was compared, and not only what comes before a divergence.
    pub whole: bool,
}

impl<S> Suite<S> {
    pub fn compare(&self, scenario: &S) -> Compared {
        self.compare_without(scenario, None)
    }

    /// As if the difference with that id were not listed.
    pub fn compare_without(&self, scenario: &S, left_out: Option<&str>) -> Compared {
        let mut ours = (self.ours)(scenario);
        let mut published = (self.published)(scenario);
        let exchanges = ours.0.values().map(|entries| heads(entries)).sum();
        for observation in [&mut ours, &mut published] {
            (self.prepare)(observation);
            mask(observation);
        }
        let mut explained = Vec::new();
        if ours != published {
            self.edit(scenario, left_out, &ours, &mut published, &mut explained);
        }
        let is_narrow = (self.transport)(scenario).room.is_some();
        let is_edited = !explained.is_empty();
        let mut same = ours == published;
        let mut cut = false;
        if is_narrow && !same && has_cut_line(&ours, &published) {
            explained.push(ROOM);
            (same, cut) = (true, true);
        }
        // What one difference hides another may explain.
        let passes = (0..PASSES).flat_map(|_| self.listed(left_out));
        let mut whole = true;
        for difference in passes {
            if same {
                break;
            }
            let applies = match difference.how {
                How::Edits(_) => false,
                How::Rewrites(rewrite) => {
                    let applies = rewrite(scenario, &mut ours, &mut published);
                    same = ours == published;
                    applies
                }
                How::Diverges(recognises) => {
                    let divergence = Divergence::find(&ours, &published);
                    same = divergence.is_some_and(|divergence| recognises(scenario, &divergence));
                    whole &= !same;
                    same
                }
            };
            if applies {
                explained.push(difference.id);
            }
        }
        if !same && is_edited && is_narrow {
            explained.push(ROOM);
            (same, cut) = (true, true);
        }
        Compared {
            same,
            whole: whole && !cut,
            ours,
            published,
            explained,
            exchanges,
        }
    }

    /// Every difference there is.
    pub fn all(&self) -> impl Iterator<Item = &'static Difference<S>> {
        self.listed(None)
    }

    fn listed<'a>(
        &self,
        left_out: Option<&'a str>,
    ) -> impl Iterator<Item = &'static Difference<S>> + use<'a, S> {
        let all = self.differences.iter().copied().flatten();
        all.filter(move |difference| left_out != Some(difference.id))
    }

    fn edit(
        &self,
        scenario: &S,
        left_out: Option<&str>,
        ours: &Observation,
        published: &mut Observation,
        explained: &mut Vec<&'static str>,
    ) {
        let stream = Stream::of(ours, Actor::Wire);
        let mut edited = Stream::of(published, Actor::Wire);
        while let Some(lines) = first_difference(ours, &stream, &edited) {
            let edit = self.listed(left_out).find_map(|difference| {
                let How::Edits(recognises) = difference.how else {
                    return None;
                };
                Some((difference.id, recognises(scenario, &lines)?))
            });
            let Some((id, edit)) = edit else { break };
            edit.apply(&stream, &mut edited);
            explained.push(id);
        }
        if !explained.is_empty() {
            edited.put(published);
        }
    }

    /// # Panics
    ///
    /// If the builds differ in what is not listed.
    pub fn assert_same(&self, scenario: &S) {
        let compared = self.compare(scenario);
        assert!(compared.same, "{}", compared.report());
    }
}

fn heads(entries: &[Entry]) -> usize {
    let is_head = |event: &Event| matches!(event, Event::Head(_));
    entries.iter().filter(|(_, event)| is_head(event)).count()
}

/// Whether the first line that is another on the wire is not whole on one of them.
fn has_cut_line(ours: &Observation, published: &Observation) -> bool {
    let (one, other) = (
        Stream::of(ours, Actor::Wire),
        Stream::of(published, Actor::Wire),
    );
    first_difference(ours, &one, &other).is_some_and(|lines| {
        let both = [lines.ours, lines.published];
        both.iter().all(|line| !line.is_empty()) && both.iter().any(|line| !line.ends_with(b"\n"))
    })
}

/// Takes out what depends on the clock on the wall.
fn mask(observation: &mut Observation) {
    let mut wire = Stream::of(observation, Actor::Wire);
    mask_dates(&mut wire.bytes);
    wire.put(observation);
    for (actor, entries) in &mut observation.0 {
        if matches!(actor, Actor::Upgrade(_)) {
            join(entries);
        }
    }
}

/// Makes one of the reads of a tunnel that came at the same time.
fn join(entries: &mut Vec<Entry>) {
    entries.dedup_by(|(stamp, event), (before, data)| match (event, data) {
        (Event::Data(more), Event::Data(data)) if stamp == before => {
            data.append(more);
            true
        }
        _ => false,
    });
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
const DATE_LEN: usize = 29;

fn mask_dates(data: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = find(&data[at..], b": ") {
        let value = at + found + 2;
        let name = &data[at + found.saturating_sub(4)..at + found];
        let is_whole = data.len() >= value + DATE_LEN;
        let end = data.len().min(value + DATE_LEN);
        if name.eq_ignore_ascii_case(b"date") && (!is_whole || data[..end].ends_with(b" GMT")) {
            data[value..end].fill(b'd');
        }
        at = value;
    }
}

pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut windows = haystack.windows(needle.len());
    windows.position(|window| window == needle)
}

impl Compared {
    /// The entries in which the builds differ, with what came before them.
    pub fn report(&self) -> String {
        let mut text = String::new();
        let mut actors = BTreeMap::new();
        actors.extend(self.ours.0.keys().map(|actor| (*actor, ())));
        actors.extend(self.published.0.keys().map(|actor| (*actor, ())));
        for actor in actors.into_keys() {
            let (ours, published) = (self.ours.of(actor), self.published.of(actor));
            if ours == published {
                continue;
            }
            let same = same_entries(ours, published);
            text.push_str(&format!("{actor:?}\n"));
            for entry in &ours[..same] {
                text.push_str(&format!("      {:?} {:?}\n", entry.0, entry.1));
            }
            for (side, entries) in [("ours  ", ours), ("1.12.0", published)] {
                for entry in &entries[same..] {
                    text.push_str(&format!("{side}    {:?} {:?}\n", entry.0, entry.1));
                }
            }
        }
        text
    }
}
