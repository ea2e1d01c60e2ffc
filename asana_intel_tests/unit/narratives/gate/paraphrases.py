"""Correct texts about the goal sheets in many styles, as people and models write; few of them may be refused."""

TEXTS: dict[str, tuple[str, ...]] = {
    "SLOWING": (
        "The goal stands at 22 of 40 with 69 % of the time gone. The odds of reaching the target by 31 Mar 2026 "
        "are 62 %, 18 points lower than a week ago.",
        "Odds: 62 % (down 18 points since last week). Recent pace: 1.5 a week; needed: 4.7 a week.",
        "There is a 62 percent chance that the target of 40 is reached by March 31, 2026, which is 18 points down "
        "on last week. Web shop has slowed to 2.0 tasks a week from its usual 5.5.",
        "After 69% of the period, 22 out of 40 have been counted. The likelihood of hitting the target by 31 "
        "March dropped eighteen percentage points to 62 %. To get there, the goal needs 4.7 a week over the "
        "remaining 4 weeks.",
        "Web shop completed 2.0 tasks a week over the last four weeks, compared with 5.5 normally. That leaves "
        "the odds at 62 %, a fall of 18 points. Either raise the pace to 4.7 a week or move the target.",
        "Win 40 shops is at risk: the odds are 62 %, down by 18 points. At 1.5 a week, progress is slower than "
        "the 4.7 a week that the target requires.",
        "Three tasks are overdue and one is blocked in the supporting projects. The odds of meeting the target by "
        "the end of March now stand at 62 %, after slipping 18 points since last week.",
        "This week the goal sits at 22 of 40, with 69 % of its time already gone. The likelihood of making the "
        "target by 31 March 2026 has come down by 18 points and is now 62 %. Reaching 40 would take 4.7 a week "
        "for the remaining 4 weeks; otherwise, consider moving the target.",
        "We are at 22 of the 40 shops, and 69 % of the time has passed. The chance of success is 62 %, which is "
        "18 points worse than last week.",
        "Since last week, the odds have dropped by 18 points and now stand at 62 %. One reason: Web shop finished "
        "only 2.0 tasks a week, compared to its usual 5.5.",
        "The odds of hitting the target on time are 62 %, i.e. 18 points below last week's.",
        "At present the goal gains 1.5 a week, but it has to gain 4.7 a week in the 4 weeks that remain. The odds "
        "are 62 %, down 18 points.",
        "The goal remains at risk with a 62 % probability of reaching 40 by 31 March, and one task is waiting for "
        "other open work, and the odds are down 18 points.",
        "Win 40 shops: 62 % likely to reach its target by 31 Mar 2026, 18 points less likely than last week. The "
        "slowest project is Web shop, with 2.0 tasks a week against 5.5 in normal times.",
        "Over the last four weeks Web shop has finished 2.0 tasks a week, well under its usual 5.5, and the odds "
        "went down 18 points to 62 %.",
        "If the pace stays at 1.5 a week, the target of 40 is out of reach by 31 Mar 2026; the odds are 62 %, "
        "after 80 % last week.",
        "Status for the week: 22 of 40 reached, 69 % of the time used. The odds of meeting the target by 31 March "
        "are 62 %, compared with last week a decline of 18 points.",
        "A drop of 18 points in one week brings the odds to 62 %. Web shop runs at 2.0 tasks a week rather than "
        "its normal 5.5, and 3 tasks are overdue.",
        "The goal has 4 weeks left and stands at 22 of 40. It gains 1.5 a week at the moment, while 4.7 a week "
        "would be necessary. Odds of reaching the target: 62 %, after 80 % last week.",
        "The outlook worsened since last week: the odds are now 62 %, or 18 points lower. Next, raise the pace to "
        "4.7 a week, or else shift the target.",
        "Odds of 62 % for reaching 40 by 31 Mar 2026, after a loss of 18 points since last week. Three overdue "
        "tasks and one blocked task remain in the supporting projects.",
        "62 % is the current likelihood that the goal reaches its target by March 31, down 18 points week over week.",
        "As of now, the forecast sees a 62 % chance of reaching the target by 31 Mar 2026. A week ago the chance "
        "was 18 points higher.",
        "There are four weeks left to go from 22 to 40. That requires 4.7 a week, against a recent pace of 1.5, "
        "which explains the odds of 62 %, after 80 % last week.",
        "With only 1.5 gained per week, and 4.7 per week required, the odds have slid 18 points to 62 %. The next "
        "step is to speed up to 4.7 a week or to lower the target.",
        "Web shop is the supporting project that has slowed the most: 2.0 tasks weekly in place of 5.5. The odds "
        "of the goal: 62 %, after 80 % last week.",
        "The goal is at risk (62 %). It trails its schedule: 55 % of the way is done while 69 % of the time has "
        "gone by, and the odds are down 18 points.",
        "The odds of hitting 40 by 31 March 2026 have come down from 80 % to 62 % within a week. The goal is now "
        "at 22, and the forecast puts the target on 9 April 2026, after the due date.",
        "Win 40 shops has reached 22 of 40. Its chances fell to 62 % this week, from 80 % the week before. To "
        "stay on schedule, the pace would have to go up to 4.7 a week.",
        "Odds down: 62 %, from 80 % last week. The recent pace of 1.5 a week does not match the 4.7 a week that "
        "the target needs.",
        "There has been a drop in the odds, from 80 % to 62 %. In the supporting projects, 1 task was finished "
        "last week, 3 are overdue and 1 is blocked.",
        "The likelihood of reaching the target in time decreased by 18 points to 62 %. Web shop is the main "
        "concern: it averaged 2.0 tasks a week over four weeks, versus 5.5 usually.",
        "With four weeks to go, 18 points were lost and the odds now stand at 62 %. The pace needed is 4.7 a "
        "week; the current one is 1.5.",
        "Only 55 % of the way is covered although 69 % of the time is used. The odds declined from 80 % to 62 %.",
        "The forecast now gives 62 % odds, compared with 80 % a week earlier. Agree with the owner which open "
        "work matters most for the target.",
        "The goal's odds slid to 62 % from 80 %; the target is now expected on 9 Apr 2026, later than the due "
        "date of 31 Mar 2026.",
        "Progress stands at 22 out of a target of 40 and the odds at 62 %, 18 points below where they were last "
        "week. Recommended: raise the weekly pace to 4.7, or move the target.",
    ),
    "SAFE": (
        "The goal is on track, with odds of 93 % for 30 June 2026. Nothing needs to change.",
        "At 20 of 24 and with 64 % of the time gone, the chance of reaching the target is 93 %, up 4 points on "
        "last week.",
        "Odds have risen 4 points to 93 %. The recent pace of 1.3 a week is well above the 0.44 needed, so hold "
        "the course.",
        "20 out of 24 guides are done. The forecast puts the odds of meeting the target by 30 Jun 2026 at 93 %, "
        "and predicts that it is reached on 28 May 2026, before the due date.",
        "It is very likely that the target of 24 is met: the odds are 93 %, so no change is needed.",
        "The probability of success is 93 %.",
        "The supporting projects closed five tasks last week. The odds stand at 93 %, an increase of four points. "
        "No change is needed at the moment; keep going as planned.",
        "Things are on track: 20 of 24 with 64 % of the time gone, and the odds are 93 %. There is no need to "
        "change anything.",
        "The goal is very likely to reach its target by 30 June 2026 (93 %). The odds improved by 4 points over "
        "the last week.",
        "With a recent pace of 1.3 a week against a needed 0.44, the odds are at 93 %. Stay the course.",
        "Odds are up four points to 93 %. 20 of 24 is done and 9 weeks are left.",
        "The current weekly pace, 1.3, is more than the 0.44 required. The probability of reaching 24 by the end "
        "of June is 93 %.",
        "The odds climbed 4 points since last week and reached 93 %. The course can be held.",
        "20 of the 24 guides have been published with 64 % of the period behind us. The odds: 93 %, four points "
        "more than a week ago.",
        "The recent pace (1.3 a week) is ahead of what the target needs (0.44 a week). The odds of making it by "
        "30 June 2026 are 93 %; carry on as planned.",
        "The goal stays on track with a 93 % chance of success by 30 Jun 2026, up from last week by four points. "
        "Hold the course.",
        "The forecast date is 28 May 2026, ahead of the deadline on 30 June 2026. Odds of 93 %.",
        "Five tasks were finished in the supporting projects last week. The odds increased by 4 points to 93 %, "
        "and no adjustment is required.",
        "With odds of 93 %, up from 89 %, this goal is on track. It runs at 1.3 a week and needs just 0.44.",
        "The goal stands at 20 of 24 and its odds went up from 89 % to 93 %. Hold the course; no change is called for.",
        "The chance of reaching 24 by 30 June 2026 has risen to 93 %. The recent pace is faster than needed (1.3 "
        "against 0.44 a week).",
        "Odds of reaching the target rose by four points to 93 %, and the forecast expects it on 28 May 2026. No "
        "action needed.",
        "On track: the odds are 93 %. Carry on as planned.",
    ),
    "LOST": (
        "Only 12 of 60 with 91 % of the time gone: the odds of reaching the target by 15 September 2026 are down "
        "to 4 %, a drop of 11 points.",
        "It is unlikely that the target is reached: the odds are 4 %, 11 points less than last week. PC2 finished "
        "1.0 tasks a week, far below its usual 7.2.",
        "The goal is off track. With odds of 4 %, down from 15 %, Asana still says green; correct the status or "
        "change the plan.",
        "Fourteen tasks are overdue and six are waiting for other work. The odds fell 11 points to 4 %.",
        "No tasks were finished in the supporting projects last week, and the odds fell by 11 points to 4 %. Move "
        "the target, or reach 24 a week for the 2 weeks that are left.",
        "At the recent pace of 0.80 a week, the forecast is to reach the target on 2 Feb 2027, after the due date "
        "of 15 Sep 2026. The odds are 4 %, down from 15 %.",
        "With 91 % of the time gone, the goal has reached only 12 of 60. Its odds fell by 11 points to just 4 %, "
        "so the target should be moved or the pace raised to 24 a week.",
        "The odds of reaching 60 by 15 Sep 2026 are only 4 %, down from 15 %. Asana still shows the goal as "
        "green, which no longer fits: update the status.",
        "PC2 has slowed sharply, to 1.0 tasks a week from 7.2. The odds are 4 %, down 11 points.",
        "There are 14 overdue tasks and 6 blocked ones. The odds have dropped to 4 %, down from 15 %.",
        "At its recent pace of 0.80 a week the goal is predicted to reach the target on 2 February 2027, well "
        "after 15 September 2026. The odds are 4 %, 11 points lower.",
        "The goal would need 24 a week over the next 2 weeks, but the recent pace is 0.8 a week. The odds are "
        "therefore low, at 4 %, down from 15 %.",
        "The target of 60 is a long way off: 12 so far, with 91 % of the time gone. The odds are 4 %, down from 15 %.",
        "Odds: 4 % (-11 points). 14 tasks overdue, 6 blocked.",
        "It looks unlikely that 60 is reached by 15 September 2026; the odds are just 4 %, eleven points lower "
        "than last week.",
        "PC2's output has dropped to 1.0 tasks a week from a typical 7.2. The goal's odds stand at 4 %, down from "
        "15 %.",
        "The supporting projects finished nothing last week, and the odds fell 11 points, to 4 %. Asana's green "
        "status should be corrected.",
        "Reaching the target requires 24 a week in each of the remaining 2 weeks; recent weeks brought 0.80. The "
        "odds have shrunk to 4 %, down from 15 %.",
        "As 14 tasks are overdue and 6 are stuck, the odds are down 11 points at 4 %.",
        "The odds of reaching 60 by 15 September 2026 collapsed to 4 % from 15 %. With 2 weeks left, 24 a week "
        "would be needed, and the recent pace is 0.80.",
        "At 12 of 60, and with odds of 4 % (15 % last week), the goal is off track while Asana still shows green. "
        "Update the status or change the plan.",
        "Odds have fallen by 11 points to 4 %. Next: lower the target or move the date, since 24 a week is needed "
        "and the recent pace is 0.80.",
        "The goal is unlikely to reach its target: odds are 4 %, down from 15 %. PC2 finished just 1.0 tasks a "
        "week in the last four weeks, where 7.2 is usual.",
    ),
    "EVEN": (
        "Halfway through its time, the goal is at 9 of 18. The odds of reaching the target by 31 December 2026 "
        "are 50 %, unchanged since last week.",
        "The odds have not changed since last week: 50 %. Half of the way is done with half of the time gone.",
        "Odds remain at 50 %. The recent pace of 0.75 a week is below the 0.9 the target needs.",
        "With 10 weeks to go, the chances of reaching 18 are 50 percent, the same as last week. Two tasks are "
        "past due.",
        "The goal needs 0.90 a week and is currently gaining 0.75. The odds are flat at 50 %.",
        "It is an even call: the odds of reaching 18 by the end of December 2026 are 50 %, as they were last week.",
        "Nothing moved in the odds this week; they are still 50 %. The pace of 0.75 a week is short of the 0.90 "
        "needed.",
        "9 of 18 after half of the time. Odds: 50 % (unchanged). Next: lift the pace to 0.90 a week or adjust the "
        "target.",
        "The odds are 50 %, with no change from last week. To reach the target, the goal must gain 0.90 a week "
        "for 10 more weeks.",
        "No movement since last week: the odds are still 50 %. The goal is halfway, at 9 of 18.",
        "The odds stayed the same at 50 %. A gain of 0.75 a week is less than the 0.9 a week the target calls for.",
        "At 9 of 18, the goal is at risk with odds of 50 %. In Asana its status is yellow.",
        "There is a 50 % chance of reaching the target of 18 by the deadline on 31 December 2026. This is the "
        "same as last week.",
        "The odds remain unchanged at 50 % for the target of 18 by 31 Dec 2026. At 0.75 a week, the goal is a "
        "little slower than the 0.90 it needs.",
        "It stands at 9 of 18 with half of the time gone; the odds stay at 50 %.",
        "Odds stay at 50 %. The supporting projects finished two tasks last week, and two tasks are past due.",
    ),
    "MONEY": (
        "812,500 EUR of the 1,200,000 EUR target has been reached after 60 % of the time. The odds are 71 %, up 6 "
        "points since last week.",
        "The goal is on track: odds of 71 % for 31 Aug 2026, six points higher than last week.",
        "Renewals EMEA finished 6.0 tasks a week recently versus 9.5 usually, yet the odds rose 6 points to 71 %.",
        "The current pace of 31,250 EUR a week exceeds the 27,679 EUR a week needed. The odds are 71 %, so stay "
        "on course.",
        "4 tasks are blocked. The odds of reaching EUR 1,200,000 by 31 August 2026 are 71 %.",
        "So far 812,500 EUR of 1,200,000 EUR has come in. The odds of reaching the target by the end of August "
        "are 71 %, up from last week by 6 points.",
        "Odds for the target of 1,200,000 EUR by 31 August 2026 have gone up six points to 71 %. The pace, at "
        "31,250 EUR a week, is higher than the 27,679 EUR that is needed.",
        "Although Renewals EMEA has slowed to 6.0 tasks a week from 9.5, the odds are 71 %. Four tasks are blocked.",
        "The odds of getting to 1,200,000 EUR by 31 Aug 2026 rose by 6 points and are now 71 %. The weekly gain "
        "of 31,250 EUR is above the 27,679 EUR needed.",
        "We are on track with odds of 71 %. Renewals EMEA closed 6.0 tasks a week over the past four weeks, which "
        "is below its usual rate of 9.5.",
        "The forecast reaches the target on 20 August 2026, before the due day of 31 August. Its odds are 71 %, "
        "an improvement of 6 points.",
        "The goal stands at 812,500 EUR and the odds of reaching 1,200,000 EUR by 31 Aug 2026 rose to 71 % from "
        "65 %. Hold the course.",
        "Odds increased from 65 % to 71 %. The recent pace of 31,250 EUR a week is enough, as the target needs "
        "27,679 EUR a week.",
        "Four tasks wait for other open work, yet the odds went up six points to 71 %.",
    ),
    "SHARE": (
        "Coverage stands at 64.2 % against a target of 80.0 %, with 45 % of the time gone. The odds are 58 %, "
        "down 3 points.",
        "The metric is at 64.2 % of the 80.0 % targeted. The odds of getting there by 10 July 2026 are 58 %.",
        "At 64.2 %, the odds of reaching 80.0 % by 10 Jul 2026 are 58 %, down three points from last week. Next: "
        "lift the pace to 1.8 points a week for the remaining 9 weeks or move the target.",
        "The recent pace is 1.2 points a week, while the target needs 1.8 points. The odds slipped 3 points to 58 %.",
        "The forecast reaches the target on 24 July 2026, later than the due day. Odds: 58 %.",
        "The metric stands at 64.2 %; the target is 80.0 %. With 45 % of the time gone, the odds are 58 %, 3 "
        "points lower than the week before.",
        "The target needs 1.8 points a week, but lately the gain has been 1.2 points a week. Hence odds of 58 %, "
        "down 3 points.",
        "One task is overdue and two are waiting. The chance of reaching 80.0 % by 10 July stands at 58 %.",
        "The goal is at 64.2 % and must reach 80.0 % by 10 July 2026. Its odds are 58 %, which is 3 points down.",
        "With 64.2 % achieved of a targeted 80.0 %, the odds are 58 %, three points lower than last week. Pick up "
        "the pace to 1.8 points a week or revise the target.",
        "The likelihood is 58 %. Lately, the metric has gained 1.2 points a week, and 1.8 points a week is needed.",
        "The goal is at 64.2 %, and the odds of reaching 80.0 % by 10 July 2026 fell from 61 % to 58 %. It needs "
        "1.8 points a week but has gained 1.2 points a week recently.",
        "The recent pace is 1.2 points a week; 1.8 points a week are required for the remaining 9 weeks. The odds "
        "are 58 %, down 3 points.",
    ),
    "REACHED": (
        "The target of 30 has been reached: the metric stands at 31. The odds are 100 %.",
        "At 31 of 30, the target is met. The odds of holding it until 29 May 2026 are 100 %.",
        "The goal has reached its target of 30 with 80 % of the time gone, and the odds are 100 %. Hold the course.",
        "The goal is reached: 31 against a target of 30. Odds are 100 %, so there is nothing to change.",
        "31 of 30 has been achieved with 3 weeks left, and the odds are 100 %.",
        "The goal has hit its target: 31 of 30. Odds: 100 %.",
        "The metric stands at 31, above the target of 30, so the odds are 100 %. No change is needed.",
        "The target of 30 is reached, with the metric at 31. The odds for 29 May 2026 are 100 %, up from 98 %. "
        "Next: close the goal or raise its target.",
        "At 31, the goal has passed its target of 30. The odds are 100 %, so it can be closed.",
    ),
    "UNKNOWN": (
        "There are no odds for this goal yet because it has no target value. Give the goal what is missing so "
        "that the next sync can assess it.",
        "The goal cannot be assessed yet: it has no target value. Next: give it one.",
        "No odds can be given: It has no target value; give it one. The supporting projects finished 6 tasks last "
        "week.",
        "Not assessed yet. It has no target value; give it one. Two tasks are overdue.",
        "The odds of this goal are not known yet, since it has no target value. Please supply one.",
        "Without a target value the goal cannot be assessed. The supporting projects completed six tasks last "
        "week; two are overdue.",
        "This goal could not be assessed because it has no target value; add one so the next sync can give odds.",
        "We cannot give odds yet, because the goal has no target value. Next: add what is missing.",
        "This goal has no target value, so there are no odds for it. Two tasks in the supporting projects are overdue.",
        "The odds are missing because it has no target value. Once a target value is set, the next sync will "
        "assess the goal.",
        "There are no odds for this goal, as it has no target value. Next: give it one in Asana so that the next "
        "sync can assess it.",
        "No odds are available yet; it has no target value. The supporting projects finished 6 tasks last week.",
    ),
    "NO_START": (
        "The goal has not been assessed, as it has no start date. Set one, and the next sync will assess it.",
        "No odds yet: It has no start date; set one. Three tasks wait for other open work.",
        "There is no assessment yet because the goal has no start date; it stands at 3 of 9.",
        "The goal has no odds because it has no start date. Three tasks are waiting for other open work.",
        "The goal cannot be assessed because it has no start date. The metric stands at 3, with 9 as its target.",
        "No odds yet, since it has no start date. The supporting projects finished no tasks last week.",
    ),
    "BARE": (
        "The odds of reaching the target by 2 October 2026 are 44 %. 30 % of the time is gone.",
        "Asana shows red. The odds are 44 % and five tasks are overdue.",
        "The odds stand at 44 %; the supporting projects finished three tasks last week, and 5 are past their due "
        "date.",
        "It is uncertain whether the target is reached: odds of 44 %, with 30 % of the time behind us.",
        "Five tasks are past due in the supporting projects, while the odds of meeting the target by 2 Oct 2026 "
        "are 44 %.",
        "With 30 % of the time gone, the chance of making the target is 44 %. The status in Asana is red.",
        "The goal has a 44 % chance of being reached by 2 October 2026, after 30 % of its time. Five tasks are late.",
        "Asana's status is red, and the odds are 44 %. The forecast points to 30 October 2026, after the due date.",
        "The odds of meeting the target by 2 October 2026 stand at 44 %. As things stand, the target is reached "
        "on 30 October 2026, after the due date.",
        "Odds: 44 %. Three tasks were finished last week and five are overdue in the supporting projects.",
    ),
    "HUGE": (
        "At 4,200,000 of 12,000,000 with over 99 % of the time gone, the odds are under 1 %, down 1 point.",
        "The odds of reaching 12,000,000 by 1 January 2027 are less than 1 %. 1,018 tasks are overdue.",
        "v2.0 (beta) & <b>ops</b> finished 12.5 tasks a week, against a usual 130.1. The odds are under 1 %, one "
        "point lower than last week.",
        "متجر الويب 🚀 is off track, with odds of under 1 %. The supporting projects finished 1,204 tasks last week.",
        "The odds are below 1 %, after a drop of 1 point, and 333 tasks are blocked.",
        "There is less than a 1 % chance of reaching 12,000,000 by 1 Jan 2027. The odds are 1 point lower than "
        "last week.",
        "Over 99 % of the time has gone, and the odds are under 1 %. 1,018 tasks are overdue and 333 are blocked.",
    ),
    "CALM": (
        "The odds are steady at 78 %. The goal is on track: 11 of 15 after 72 % of the time.",
        "Field audits has slowed down: 3.5 tasks a week in the last four weeks instead of the usual 5.0. The "
        "odds, at 78 %, are unchanged.",
        "The pace of 1.0 a week is above the 0.67 that is needed, and the odds are 78 %. Keep the current course.",
        "With 6 weeks left and 11 out of 15 audits done, the chance of reaching the target by 17 Apr 2026 is 78 %.",
        "The forecast expects the target on 14 April 2026, ahead of the due date of 17 April. Odds are 78 %, as "
        "before.",
        "11 of the 15 are done. Odds: 78 %, no change since last week. Continue as planned.",
        "The target is likely to be reached by 17 April 2026: the odds are 78 %, exactly as last week.",
        "11 of 15 at 72 % of the time. Odds: 78 %, level with last week. Maintain the current pace.",
        "Recent pace is 1.0 a week and the target needs only 0.67, so the plan can stay as it is. The odds are 78 %.",
        "Odds of 78 %, as in the week before. Field audits slowed from 5.0 to 3.5 tasks a week.",
        "Still on track: 78 %, the same odds as last week. 11 of 15 audits are complete and 6 weeks remain.",
        "The target of 15 is expected to be reached on 14 April 2026, just before the due date. The odds are 78 %.",
        "One task is overdue, but the odds are unchanged at 78 %.",
        "The odds hold steady at 78 %. With a pace of 1.0 a week, the goal moves faster than the 0.67 it needs. "
        "Nothing calls for a change.",
        "Odds of reaching 15 by 17 April 2026 stay at 78 %, with 11 so far. Keep the course.",
    ),
    "LATE": (
        "With 69 % of its time used and 55 % of the way covered, the goal is behind schedule. Its odds have "
        "fallen 18 points to 62 %. Next: re-plan the 3 overdue tasks.",
        "The odds fell from 80 % to 62 %, and three tasks are overdue. Finish or re-plan them next.",
        "Three tasks in the supporting projects are past due. The odds of reaching 40 by 31 Mar 2026 are 62 %, "
        "against 80 % a week ago.",
        "With 3 tasks overdue, the odds went from 80 % down to 62 %. The overdue tasks should be cleared or "
        "rescheduled.",
        "Last week the odds were 80 %; now they are 62 %. The supporting projects closed only one task last week "
        "while three are late.",
        "The odds fell 18 points to 62 %. Three tasks are past due: finish, re-plan or drop them.",
        "Odds went from 80 % to 62 %, and 3 tasks are overdue in the supporting projects. Next: go through the "
        "overdue tasks and give each a new date.",
    ),
    "GAINING": (
        "At 22, up 3 since last week, the goal has odds of 62 % of reaching 40 by 31 Mar 2026. Last week the odds "
        "were 57 %.",
        "The metric gained 3 last week and stands at 22 of 40. The odds rose from 57 % to 62 %.",
        "The odds climbed 5 points to 62 %. Two more weeks would add 12 points to the odds.",
        "The goal moved up by 3 to 22, and its odds are 62 %, up from 57 %. Next: consider two more weeks, which "
        "would add 12 points.",
        "The metric rose by 3 to 22 since last week. That lifts the odds of reaching 40 by 31 Mar 2026 from 57 % "
        "to 62 %.",
        "A gain of 3 since last week brings the goal to 22 of 40, and the odds are up 5 points at 62 %.",
        "Odds of reaching 40 by the end of March rose to 62 % (57 % last week), with the goal at 22, 3 more than "
        "a week ago.",
        "The goal added 3.0 last week and now stands at 22. The odds, at 62 %, are five points higher. One "
        "option: two more weeks, worth 12 points.",
    ),
}
