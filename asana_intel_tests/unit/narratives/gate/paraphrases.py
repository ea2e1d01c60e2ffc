"""Correct texts about the goal sheets in many styles, written as people and models write; none of them may be refused."""

TEXTS: dict[str, tuple[str, ...]] = {
    "SLOWING": (
        "The goal stands at 22 of 40 with 69 % of the time gone. The odds of reaching the target by 31 Mar 2026 are 62 %, "
        "18 points lower than a week ago.",
        "Odds: 62 % (down 18 points since last week). Recent pace: 1.5 a week; needed: 4.7 a week.",
        "There is a 62 percent chance that the target of 40 is reached by March 31, 2026, which is 18 points down on last "
        "week. Web shop has slowed to 2.0 tasks a week from its usual 5.5.",
        "After 69% of the period, 22 out of 40 have been counted. The likelihood of hitting the target by 31 March dropped "
        "eighteen percentage points to 62 %. To get there, the goal needs 4.7 a week over the remaining 4 weeks.",
        "Web shop completed 2.0 tasks a week over the last four weeks, compared with 5.5 normally. That leaves the odds at "
        "62 %, a fall of 18 points. Either raise the pace to 4.7 a week or move the target.",
        "Win 40 shops is at risk: the odds are 62 %, down by 18 points. At 1.5 a week, progress is slower than the 4.7 a "
        "week that the target requires.",
        "Three tasks are overdue and one is blocked in the supporting projects. The odds of meeting the target by the end "
        "of March now stand at 62 %, after slipping 18 points since last week.",
        "With 69 % of its time used and 55 % of the way covered, the goal is behind schedule. Its odds have fallen 18 "
        "points to 62 %. Next: re-plan the 3 overdue tasks.",
    ),
    "SAFE": (
        "The goal is on track, with odds of 93 % for 30 June 2026. Nothing needs to change.",
        "At 20 of 24 and with 64 % of the time gone, the chance of reaching the target is 93 %, up 4 points on last week.",
        "Odds have risen 4 points to 93 %. The recent pace of 1.3 a week is well above the 0.44 needed, so hold the course.",
        "20 out of 24 guides are done. The forecast puts the odds of meeting the target by 30 Jun 2026 at 93 %, and "
        "predicts that it is reached on 28 May 2026, before the due date.",
        "It is very likely that the target of 24 is met: the odds are 93 %, so no change is needed.",
        "The probability of success is 93 %.",
        "The supporting projects closed five tasks last week. The odds stand at 93 %, an increase of four points. No "
        "change is needed at the moment; keep going as planned.",
    ),
    "LOST": (
        "Only 12 of 60 with 91 % of the time gone: the odds of reaching the target by 15 September 2026 are down to 4 %, a "
        "drop of 11 points.",
        "It is unlikely that the target is reached: the odds are 4 %, 11 points less than last week. PC2 finished 1.0 tasks "
        "a week, far below its usual 7.2.",
        "The goal is off track. With odds of 4 %, Asana still says green; correct the status or change the plan.",
        "Fourteen tasks are overdue and six are waiting for other work. The odds fell 11 points to 4 %.",
        "No tasks were finished in the supporting projects last week, and the odds fell by 11 points to 4 %. Move the "
        "target, or reach 24 a week for the 2 weeks that are left.",
        "At the recent pace of 0.80 a week, the forecast is to reach the target on 2 Feb 2027, after the due date of 15 Sep "
        "2026. The odds are 4 %.",
    ),
    "EVEN": (
        "Halfway through its time, the goal is at 9 of 18. The odds of reaching the target by 31 December 2026 are 50 %, "
        "unchanged since last week.",
        "The odds have not changed since last week: 50 %. Half of the way is done with half of the time gone.",
        "Odds remain at 50 %. The recent pace of 0.75 a week is below the 0.9 the target needs.",
        "With 10 weeks to go, the chances of reaching 18 are 50 percent, the same as last week. Two tasks are past due.",
        "The goal needs 0.90 a week and is currently gaining 0.75. The odds are flat at 50 %.",
    ),
    "MONEY": (
        "812,500 EUR of the 1,200,000 EUR target has been reached after 60 % of the time. The odds are 71 %, up 6 points "
        "since last week.",
        "The goal is on track: odds of 71 % for 31 Aug 2026, six points higher than last week.",
        "Renewals EMEA finished 6.0 tasks a week recently versus 9.5 usually, yet the odds rose 6 points to 71 %.",
        "The current pace of 31,250 EUR a week exceeds the 27,679 EUR a week needed. The odds are 71 %, so stay on course.",
        "4 tasks are blocked. The odds of reaching EUR 1,200,000 by 31 August 2026 are 71 %.",
    ),
    "SHARE": (
        "Coverage stands at 64.2 % against a target of 80.0 %, with 45 % of the time gone. The odds are 58 %, down 3 points.",
        "The metric is at 64.2 % of the 80.0 % targeted. The odds of getting there by 10 July 2026 are 58 %.",
        "At 64.2 %, the odds of reaching 80.0 % by 10 Jul 2026 are 58 %, down three points from last week. Next: lift the "
        "pace to 1.8 % a week for the remaining 9 weeks or move the target.",
        "The recent pace is 1.2 % a week, while the target needs 1.8 %. The odds slipped 3 points to 58 %.",
        "The forecast reaches the target on 24 July 2026, later than the due day. Odds: 58 %.",
    ),
    "REACHED": (
        "The target of 30 has been reached: the metric stands at 31. The odds are 100 %.",
        "At 31 of 30, the target is met. The odds of holding it until 29 May 2026 are 100 %.",
        "The goal has reached its target of 30 with 80 % of the time gone, and the odds are 100 %. Hold the course.",
    ),
    "UNKNOWN": (
        "There are no odds for this goal yet because it has no target value. Give the goal what is missing so that the next "
        "sync can assess it.",
        "The goal cannot be assessed yet: it has no target value. Next: give it one.",
        "No odds can be given: It has no target value; give it one. The supporting projects finished 6 tasks last week.",
        "Not assessed yet. It has no target value; give it one. Two tasks are overdue.",
    ),
    "NO_START": (
        "The goal has not been assessed, as it has no start date. Set one, and the next sync will assess it.",
        "No odds yet: It has no start date; set one. Three tasks wait for other open work.",
    ),
    "BARE": (
        "The odds of reaching the target by 2 October 2026 are 44 %. 30 % of the time is gone.",
        "Asana shows red. The odds are 44 % and five tasks are overdue.",
        "The odds stand at 44 %; the supporting projects finished three tasks last week, and 5 are past their due date. "
        "Next: clear the overdue tasks.",
        "It is uncertain whether the target is reached: odds of 44 %, with 30 % of the time behind us.",
    ),
    "HUGE": (
        "At 4,200,000 of 12,000,000 with over 99 % of the time gone, the odds are under 1 %, down 1 point.",
        "The odds of reaching 12,000,000 by 1 January 2027 are less than 1 %. 1,018 tasks are overdue.",
        "v2.0 (beta) & <b>ops</b> finished 12.5 tasks a week, against a usual 130.1. The odds are under 1 %, one point lower "
        "than last week.",
        "متجر الويب 🚀 is off track, with odds of under 1 %. The supporting projects finished 1,204 tasks last week.",
    ),
    "CALM": (
        "The odds are steady at 78 %. The goal is on track: 11 of 15 after 72 % of the time.",
        "Field audits has slowed down: 3.5 tasks a week in the last four weeks instead of the usual 5.0. The odds, at 78 %, "
        "are unchanged.",
        "The pace of 1.0 a week is above the 0.67 that is needed, and the odds are 78 %. Keep the current course.",
        "With 6 weeks left and 11 out of 15 audits done, the chance of reaching the target by 17 Apr 2026 is 78 %.",
        "The forecast expects the target on 14 April 2026, ahead of the due date of 17 April. Odds are 78 %, as before.",
        "11 of the 15 are done. Odds: 78 %, no change since last week. Continue as planned.",
    ),
}
