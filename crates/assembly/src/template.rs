//! Ready-made bylaws for common kinds of body.

use std::fmt;
use std::str::FromStr;

use crate::bylaws::{
    Admission, Base, Bylaws, Delegates, Keys, Majority, Meetings, Minutes, Motions, Newcomers,
    NoticedDecision, Ratification, Talk, Tellers, WeightyDecision,
};
use crate::period::Period;
use crate::share::{Share, Threshold};

/// A kind of body with bylaws that suit it.
///
/// ```
/// use concerted_assembly::bylaws::BylawsFault;
/// use concerted_assembly::template::Template;
///
/// let template: Template = "small-workplace".parse().expect("one of the five");
/// let mut bylaws = template.bylaws();
/// assert_eq!(bylaws.check(), Ok(()));
/// // Bylaws may differ from the template, but not undercut the floors.
/// bylaws.admission.vouches = 0;
/// assert_eq!(bylaws.check(), Err(BylawsFault::Vouches));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Everyone knows everyone; fewer than 5 may vote secretly after a warning.
    SmallWorkplace,
    /// Several shifts or sites; more tellers.
    LargeWorkplace,
    /// People of one house or estate; longer notice.
    Tenants,
    /// A school or faculty; fast growth, shorter terms.
    Students,
    /// A club or association; long notice, minutes with names.
    Club,
}

/// There is no template of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no template is called {0:?}; there are small-workplace, large-workplace, tenants, students and club"
)]
pub struct NoTemplate(String);

impl Template {
    /// All templates.
    pub const ALL: [Template; 5] =
        [Self::SmallWorkplace, Self::LargeWorkplace, Self::Tenants, Self::Students, Self::Club];

    /// Its name in commands and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SmallWorkplace => "small-workplace",
            Self::LargeWorkplace => "large-workplace",
            Self::Tenants => "tenants",
            Self::Students => "students",
            Self::Club => "club",
        }
    }

    /// The bylaws.
    pub fn bylaws(self) -> Bylaws {
        let mut bylaws = defaults();
        match self {
            Self::SmallWorkplace => bylaws.tellers.small_ballots = true,
            Self::LargeWorkplace => {
                bylaws.tellers.count = 5;
                bylaws.tellers.needed = 3;
            }
            Self::Tenants => {
                bylaws.meetings.notice = Period::days(7);
                bylaws.motions.circulation = Period::days(3);
            }
            Self::Students => {
                bylaws.admission.growth = Share::new(1, 2);
                bylaws.delegates.term = Period::days(120);
            }
            Self::Club => {
                bylaws.meetings.notice = Period::days(14);
                bylaws.motions.circulation = Period::days(7);
                bylaws.minutes.names = true;
                bylaws.delegates.term = Period::days(365);
            }
        }
        bylaws
    }
}

impl FromStr for Template {
    type Err = NoTemplate;

    fn from_str(name: &str) -> Result<Self, NoTemplate> {
        Self::ALL
            .into_iter()
            .find(|template| template.name() == name)
            .ok_or_else(|| NoTemplate(name.to_owned()))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn defaults() -> Bylaws {
    let of_votes_cast = |threshold| Majority { threshold, of: Base::Cast, abstentions_count: false };
    Bylaws {
        admission: Admission {
            vouches: 2,
            vouches_while_small: 1,
            small_below: 3,
            window_from: 10,
            objection_window: Period::hours(24),
            growth: Share::new(1, 4),
            growth_least: 5,
            growth_period: Period::days(7),
            vouches_by_one: 3,
            vouching_period: Period::days(30),
        },
        newcomers: Newcomers { wait_from: 10, wait: Period::days(7) },
        meetings: Meetings {
            notice: Period::hours(48),
            quorum: Share::new(1, 3),
            quorum_least: 2,
            emergency_notice: Period::hours(1),
            requisition: Share::new(1, 10),
            requisition_least: 2,
        },
        motions: Motions {
            majority: of_votes_cast(Threshold::MORE_THAN_HALF),
            quorum: Share::new(1, 3),
            circulation: Period::hours(24),
        },
        action: Ratification {
            majority: Majority {
                threshold: Threshold::MORE_THAN_HALF,
                of: Base::Entitled,
                abstentions_count: false,
            },
        },
        expulsion: WeightyDecision {
            majority: of_votes_cast(Threshold::TWO_THIRDS),
            quorum: Share::new(1, 2),
        },
        bylaws: NoticedDecision {
            majority: of_votes_cast(Threshold::TWO_THIRDS),
            quorum: Share::new(1, 2),
            notice: Period::days(7),
        },
        delegates: Delegates {
            term: Period::days(182),
            terms_in_row: 2,
            recall_petition: Share::new(15, 100),
            recall_least: 2,
            recall_within: Period::hours(72),
        },
        tellers: Tellers { count: 3, needed: 2, term: Period::days(91), small_ballots: false },
        minutes: Minutes { names: false },
        talk: Talk { retention: Period::days(30) },
        keys: Keys { rekey_every: Period::days(91), revocation_wait: Period::hours(72) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_keeps_the_floors_and_its_name() {
        for template in Template::ALL {
            assert_eq!(template.bylaws().check(), Ok(()), "{template}");
            assert_eq!(template.name().parse(), Ok(template));
        }
        assert!("union".parse::<Template>().is_err());
    }
}
