"""More neutral English for reports: plain lists of words only; rules and inflections are in lexicon.py.

Left out as there: praise and blame, feelings, outside reasons, certainty, amounts without a number.
"""

NOUNS = """
intervention ability absence abstract access accomplishment accordance accuracy activity adaptation adoption adherence advantage
aggregate agreement alignment allowance alteration ambition amendment analysis appraisal arrangement article assumption
attribute audit awareness background bearing beginning behaviour behavior bit body boost branch break breakdown brevity
brief bulletin calculation cadence calibration capability category certainty-not chain challenge change-over channel
chapter character checklist circumstance claim clarity climb-down closing closure cluster coefficient collection
combination comeback commencement compilation completeness complexity component composition computation concentration
concept confirmation connection consequence consideration consistency content context continuation contributor control
conversion coordination correction correlation counter counting coverage criteria cross-check crossing curve custom
cutback cut-off cutoff dataset deal dealing debate decade-not decimal decision-making deduction definition deficit
delta demonstration departure dependence deployment depiction design detail determination deviation diagram dialogue
digest digit dimension direction-not disagreement discrepancy display disposal dispute distinction distribution
diversity division document documentation double-check doubt downgrade downtick downturn draft drift duration ease
effectiveness efficiency element elevation emphasis end-point endpoint enhancement entirety environment equation
equivalent error escalation essence evaluation evolution excess exchange exclusion execution exercise exit expansion
expenditure experience explanation exposure expression extension extent extra extract facet fallback falloff
feasibility feature feedback field file filter first-half fix flow fluctuation fold follow-through footing force-not
forecaster forecasting format formation foundation framework frame freedom frequency function gain-not general-not
gradient graph grip ground grouping guess guideline half-way halves handful-not handling handover hand-over handoff
heading headway hierarchy highlight hinge hold-up holdup hold-ups identification identity image imbalance immediacy
implementation implication importance inclusion increment indication inference initiative insight inspection
instance instruction-not integration intake interval introduction involvement irregularity item-by-item jam join
judgement judgment juncture justification keeper kind landmark latter launch layer layout leap leftover leftovers
legend lengthening lesson lift likeness limitation lineup link linkage listing lock log logic look lookback look-ahead
loop lowering machine-not majority maker mapping mark marker match mean means measure-not mechanism median mention merit
merits middle-not milestone-not minimum-not minute-not mismatch misalignment mixture modification momentum-not monitoring
motion motive-not multiple multitude-not narrative near-term necessity negotiation network nature norm-not notation
notification notion nuance numbering objective-not observation occasion offset one-off opening operation opinion
opportunity order-of-work orientation outline outlier overall overrun overview-not overlap owner-not ownership pace-not
package page paragraph parameter participant participation partner passage path-not pattern patience percentage-not
percentile perspective pick-up pickup pile pillar pin placement plateau plot plus pointer position-not positioning
possibility postponement potential practice precision predictor preference preparation presence presentation
pressure preview primary priority-not prioritisation prioritization probability-not production profile programme program
projection-not prompt-not proof proposal proposition prospect-not provision proximity purpose pursuit push quarter-not
quarters-not query question-not quota race-not raise rally range-not ranking-not rating readiness reading-not reality
rearrangement reassessment reassignment recalculation recap recent-not reclassification recognition-not recommendation
reconsideration record-not redate redirection re-date reduction-not reference-not refinement regard region regularity
relation relationship relevance reliability remainder-not removal reopening reordering repeat repetition replanning
representation reprioritisation requirement-not rescheduling reserve-not resolution resource-not respect restart result-not
resumption retention retreat return reversal reverse revision rework rhythm rise-not role root rounding rule-not rundown
rung sample scale-not scenario scheduling scheme scorecard scoring section segment selection self sense sentence-not
separation series-not setting setup shape-not shift-not shortage short-term shot sight significance similarity
simplification simplicity situation-not skill-not slackening slice slide slippage slot slowing snag solution sort-not
spacing span-not speedup spell split spot-not stack stagnation standpoint standings start-up statement state-not
statistic statistics steadiness stock stop stoppage strand strategy streamlining stride string structure study subset
substance subtotal sum-not summary-not surplus swing switch symbol tail takeover task-not tendency tie timing timings
title-not token tolerance tool-not top-not total-not trace track tracker tracking trade-off tradeoff trajectory-not
transfer transition treatment triage trigger tweak type-not undertaking update-not upgrade upside upturn usage use
utilisation utilization validation value-not variability variable variant verdict verification version-not viewpoint
visibility volume-not wait-not waiting watch way-not weakness-not week-end weighting weighing wording word-not workday
worklist work-list workstream work-item workings worth write-up yardstick yield zone zero
uncommon infrequent advice detach unhook decouple decoupling detaching protection protections cost costs rarity euros dollars pounds thanks kick kicked scratch-not
earn earns earning earned total-not
campaign conference event article guide book booking clinic member school tree volunteer driver reader repeat laptop
city shop shops order orders customer recipe course page database contract template grant income uptime
"""
ADJECTIVES = """
above-mentioned abrupt absolute abstract acceptable accessible accountable accumulated achieved actionable adaptable
adapted added adequate-not adjustable adjusted advanced advisable-not affected aforementioned ageing agreed aged
allotted allowed alternative analogous annualised-not another-not anticipated appropriate approximate-not arithmetic
assessed-not assorted attributable automatic averaged baseline-not big-not binding bare brief broader bulky calculated
calendar-year-not careful cautious central-not changed changing chief-not chosen chronological circular classified
clean-not cleared-not closing coming comfortable comparable comparative compared compatible complementary complex
complicated comprehensive computed concise conclusive-not concrete conditional confirmed connected consecutive
consequent considered consolidated contained contributory conventional convenient coordinated core corrected corresponding
countable covered critical cross-project cumulative-not customary-not cyclical dated day-to-day decided decisive-not
declining decreasing deferred deliverable dependable dependent descriptive designated desired detailed determined
developing different differing dim diminished diminishing direct-not disproportionate distant distinct distinctive
divided dominant double-not downward downwards draft dual earlier-than-planned easier easy effective efficient elapsed
elementary eligible endless-not enlarged ensuing entered entire-not equivalent erratic especial essential-not
established estimated-not evaluated eventual-not evolving excess excessive exclusive existing expanding expected expired
explained explicit exposed expressed extended extensive extra-not faint factual fair familiar feasible-not finite firm
first-time fitting five-week fixed flexible fluctuating following foremost foreseeable foreseen formal former-not
forthcoming forward-looking four-week fractional fragile fresh frozen fulfilled functional fundamental further-not
gained gaining given-not good-not granted growing half-done half-way halved handled handy hard harder heavier-not
helped high-level hindered historic horizontal identical identified idle-not immediate-not imminent impeded implied
improving in-progress inactive included increasing incremental indicated indicative indirect individual-not inevitable-not
inexact informal informative inherent initial-not intact integral intelligible intended-not intense intermediate
intermittent intervening-not introductory involved irrelevant isolated itemised itemized judged just known-not lagging
lasting-not latest-not latter-not lengthy lesser-not limited linear linked listed literal local logical long-standing
long-term longstanding longer-term loose lost lowered majority-not manageable managed mandatory manual-not mathematical
matching mature mean maximal maximum-not meaningful mere mid-term mid-week middling minimal mild missed-not mixed-not
moderate modified monotonic more-than-expected mounting moving multiple-not named natural near near-term neat
negligible net next-best nominal non-linear non-zero noted noticed numeric numerical obligatory observable observed
off-plan official one-off one-time only onward opening operational opposed opposing optimal optional orderly ordinal
organised organized other-not outlined outright-not outsized outward over-full overbooked overlapping owned paced
parallel-not partial-not particular-not passed passive past-due paused peripheral persistent pertinent phased pinned
planned-not plausible pleasant-not possible-not postponed practicable practical precise predicted predominant preferable
preferred preliminary prepared present-day presumed prevailing preventive previous-not primary-not prioritised prioritized
productive-not profitable-not projected prolonged prompt proper proportional proportionate prospective provided
provisional proven-not public-not published pure qualified-not quantitative quiet random ranked rated raw reachable-not
ready-not real realised realized reasonable reassigned recalculated received recognisable recognizable recommended-not
recorded recurrent recurring redated reduced redundant refined regarded rejected related-not reliable remaining-not
removed renewed reopened repeated reported representative responsible atypical required-not rescoped residual resolved-not resourced
restarted restored restricted resulting retained revealed reversed revised rigid rising robust-not rough-not round
rounded routine running same-day satisfactory-not scaled scheduled-not scored seasonal-not seen seeming selected
self-evident-not sequential serial set-not settled shallow shared-not shifted short-lived short-term shortened showing
significant-not silent simplified single-week six-week sizable sizeable skewed slack slated slowed smallish so-called
solid-not sole solved sound-not spare sparse specified split spread staged standard-not standalone standing started
starting static-not stationary statistical steady-not still-open stopped straight straightforward strict strong-not
stronger structural structured stuck-not subdued subject-not successive suitable summarised summarized superfluous
supplementary supplied sustained-not symmetrical systematic tabulated tangible targeted task-level telling temporary-not
tentative textual then third-not thorough threshold-not three-week timed timely timewise tiny topmost traceable
transitional transparent two-week typical-not ultimate unaccounted unaffected unallocated unaltered unanswered
unassigned unattained unavailable unbroken unchanging unclear unconfirmed uncounted undated undecided underlying-not
understandable understated undetermined undivided unequal unexpected-not unexplained unfulfilled uniform unique
unknown unlinked unmoved unnecessary unplanned-not unranked unrelated unresolved-not unset unspecified unstarted
unsteady unsupported untouched unused up-to-date upcoming-not updated upper upward urgent usable useful-not vacant
valid variable varied varying vast-not versatile viable vital void week-long weekly-not weighted well-known whole-not
wide-ranging wider-not widespread-not workable working worthwhile written zero-based
"""
ADVERBS = """
abreast above-all absolutely-not accordingly-not actually additionally-not admittedly afar aforesaid after-all again-not
aloud alphabetically alternately alternatively altogether-not amply analogously anyhow anytime anyway appreciably
appropriately arguably around-the-clock-not aside automatically away-not backwards badly-not basically below-not
besides-not briefly calendar-wise carefully cautiously centrally chronologically closely-not collectively comfortably-not
commonly completely concisely concurrently consecutively consequently considerably-not consistently constantly
continually continuously contrarily conventionally correctly correspondingly critically cumulatively customarily
decidedly deliberately-not demonstrably-not dependably differently directly-not distinctly downhill-not downright-not duly
early earlier-on easily effectively efficiently else elsewhere-not en-route entirely-not essentially even-so evenly
eventually-not ever-since exactly-not exclusively expectedly explicitly extensively extra-not faintly fairly-not fast
faster first-off firmly firstly foremost formally-not formerly-not fractionally frequently freshly fundamentally
furthest gently given-that gradually-not greatly half hand-in-hand hardly-not heavily henceforth herein hereby highly
how-far however-not identically immediately-not implicitly importantly in-between incidentally inclusive increasingly
incrementally indeed independently indicatively indirectly individually-not informally inherently inside instantly
intermittently internally-not inversely irregularly jointly-not lastly-not late-on laterally least lengthwise lightly
likewise-not literally little-by-little locally logically long longer loosely manually markedly-not materially
mathematically-not meantime meanwhile-not measurably mildly minimally mostly-not mutually naturally-not neatly necessarily
needlessly-not next-to-not nominally nonetheless-not notwithstanding-not numerically occasionally off-and-on-not on-time-not
once-again one-by-one only-just openly operationally optionally orderly ordinarily-not organically originally-not
otherwise-not outside outright-not overly partially-not per-se persistently plainly-not possibly-not practically-not
predominantly preferably preliminarily presently-not principally-not progressively promptly properly proportionally
proportionately provided-that provisionally purely-not quantitatively quietly randomly rapidly-not readily really
reasonably recurrently reliably repeatedly reportedly respectively-not retrospectively roughly-not routinely
scarcely-not seemingly-not selectively sequentially seriously-not sequentially short shortly-not side-by-side
significantly-not similarly-not simultaneously single-handedly-not sizeably slowly-not so-far-not solely-not someday-not
somehow someway-not soon-not specifically-not spontaneously-not squarely stably steadily-not still-not straight
straightaway straightforwardly strictly strongly structurally subsequently substantially-not successively sufficiently
suitably supposedly systematically tangibly technically temporarily tentatively then thenceforth thereabouts
thereupon thoroughly though throughout-not thusly tightly timely together-not too-not totally traditionally
transparently truly-not typically-not ultimately unevenly uniformly uniquely unusually upfront uphill-not upwards-not
urgently usefully usually-not variously verbally very viably visually vitally well-not wherein whereby whereupon whilst
widely-not within wise-not worldwide-not amidst amongst atop barring excluding excepting opposite pending round
underneath unto via whereof whichever-not whoever whomever whose-not ourselves yourselves itself themselves hers his her
he she him mine theirs yours albeit lest provided providing supposing insofar inasmuch hereafter hereupon ok okay re pre mid co wk wks vs approx deep nearer drew different walk eye eyes
"""
VERBS = """
abandon abbreviate abide abolish-not abstain accelerate-not accept-not accommodate accompany accomplish accord
account-not accrue accumulate-not achieve-not acknowledge acquire act activate adapt add-not adhere adjourn adjust-not
administer admit adopt advance-not advise-not affect-not affirm afford agree-not aggregate aid aim-not alert align allot
allow-not amass amend-not analyse analyze anchor annotate announce answer anticipate-not appeal-not append apportion
appraise appreciate-not approximate arrange ascend ascertain ask-not aspire assemble assert assign-not assist-not
associate assume assure-not attempt-not attend attract attune audit augment authorise-not average back balance bank-not
bar-not base-not bundle begin-not belong-not benefit bind bisect blend boost border borrow bound bracket branch
break brief bridge broaden budge build call-not cancel capture cast catch categorise categorize cause-not cease
centre-not chain challenge chart chase check-not circulate cite-not claim clarify-not classify climb-not coincide collate
collapse-not come-not command-not commence comment commit communicate compact compile complement complicate comply
compose compress compromise-not compute-not concede-not conceive concentrate conclude-not condense conduct confer confine
confirm-not conform confront-not connect consolidate constitute construct consult consume-not contact-not contain-not
contend-not continue-not contract-not contradict contrast-not converge convert convey coordinate cope copy counter
counterbalance couple-not craft cross-check crop cue curb curtail customise customize cycle date debate decelerate
decide-not declare decompose dedicate deem deepen-not define delegate delete-not deliver-not delineate demonstrate
denote depart depict deplete deploy descend describe-not deserve designate detach detail detect determine develop
deviate devise devote diagnose differentiate diminish direct disagree disappear disclose-not discontinue discover
discuss-not disentangle display dispose dissolve distinguish diverge diversify divert document double-check downgrade
downscale downsize-not draft drain-not draw drift duplicate dwell earmark earn-not ease-not edit elaborate elect
elevate elicit eliminate elongate embark embed embody emerge employ-not empower-not encompass encounter
encourage-not endeavour endeavor engage enhance enlarge enlist-not ensue ensure-not entail enumerate envisage equalise
equalize equate erode escalate establish-not exceed-not except exchange-not exclude exercise exhaust-not exhibit exit
expand expect-not expedite experience extract extrapolate face-not facilitate factor fade fall-not favour-not favor-not
feature feel-not figure file filter finalise finalize fine-tune fix-not flatten-not float flow focus fold forego forgo
forge-not form formalise formalize format formulate forward foster-not found fulfil fulfill function gather-not
generalise generalize graph grasp grind-not ground group-not guess guide halt-not halve-not hand handle-not harm-not
harmonise harmonize hasten head-not heed help-not hesitate-not hit-not honour-not identify ignore-not illustrate imagine
impact impair impart-not implement-not impose-not incline incorporate incur indicate-not infer-not inform inherit
initiate inquire insert inspect-not instruct-not integrate intensify interact intercept interest interfere interpret
interrupt intersect intervene introduce inventory invert invest-not invoke isolate issue itemise itemize iterate jog-not
join-not judge-not justify juxtapose keep-not kick knock know-not label-not last-not launch-not learn-not lengthen-not
lessen level-not liaise lighten liken limit-not line link-not list-not loosen lower-not maintain-not map master-not
maximise maximize measure-not mediate-not merge-not merit migrate-not minimise minimize mirror misalign mismatch
mitigate modify monitor mount multiply narrate navigate-not negate negotiate nominate-not normalise normalize notice notify
number nudge-not number object-not obligate-not observe obstruct obtain occasion occupy-not offset omit open-not operate
oppose-not opt optimise optimize order organise organize orient oscillate outdo outline-not outnumber outperform-not
output outrun outstrip outweigh overcome overlap overlook-not overrun oversee overshoot overstate pace pack package pair
parallel-not park part participate pass-not patch pave pay-not peak pend perceive perform-not permit-not persist-not
persuade-not phase pick pile-not pin place-not plateau play plot plug point-not pool populate-not pose position
possess-not post-not power-not practise practice precede preclude predate predetermine premise prepare present-not
preserve-not press presume prevail prevent-not preview prioritise prioritize probe proceed-not process produce-not
progress-not prohibit-not project-not prolong promote-not prompt proofread propel propose-not prove pursue push-not
qualify quantify query question queue quote-not raise-not ration-not reach-not react readjust reaffirm realign realise
realize reallocate rearrange reassess reassign rebalance rebase rebuild recalculate recalibrate recap receive-not recheck
recognise-not recognize-not recommence recommend-not reconcile reconfirm reconsider-not reconstruct recruit-not rectify
redefine redesign redirect redistribute redo refer-not refine reflect-not refocus reform-not reframe refresh regain
regard-not regress regularise regulate-not reinforce reinstate reiterate reject rejoin relate-not relax relay
relieve relinquish relocate remake remedy remember remove-not rename render renegotiate renew reopen reorder
reorganise-not repay-not repeat rephrase replace-not replenish replicate reply-not reposition represent-not reprioritise
reprioritize request require-not rescale rescope reserve reshape reshuffle-not resize resolve-not resort respond
restate restructure-not retain-not retarget retime retrieve revert-not revamp reveal reverse revise-not revive reword
rework rewrite rotate round route safeguard sample satisfy-not save scale scan schedule scrap screen scrutinise
scrutinize search sequence serve-not settle-not sever-not shape-not shelve shorten-not shuffle sideline signal signify
simplify simulate single situate skew skip slacken slash slim-not smooth soften solve sort-not space specify spell spill
split-not spot spread square stabilise-not stage stagger stagnate standardise standardize station stay-not steady-not
stipulate straighten streamline strengthen structure strive study subdivide submit substantiate substitute suffice-not
suit sum summarise summarize supersede supervise-not supplement suppose surface survey suspend sustain sweep swing
switch-not synchronise synchronize tabulate tackle-not tailor tally taper target taste-not team-not terminate test-not
tie tighten time title-not tolerate tone-not total-not trace track transfer transform translate-not transmit traverse
trigger trim triple-not trust-not try-not tune turn-not tweak uncover undergo underlie undo unfold unify unite unlock
unpack untangle update-not upgrade uphold use-not utilise utilize validate value vanish verify-not view-not visualise
visualize wait-not wane warrant waver weigh-not wind withdraw withhold witness-not work-not write yield-not zero
"""
IRREGULAR = {
    "draw": "drew drawn drawing", "break": "broke broken breaking", "catch": "caught", "cast": "casting", "wind": "wound",
    "overcome": "overcame overcoming", "overrun": "overran overrunning", "outdo": "outdid outdone", "redo": "redid redone",
    "undo": "undid undone", "undergo": "underwent undergone", "underlie": "underlay underlain underlying", "withdraw": "withdrew withdrawn",
    "withhold": "withheld", "uphold": "upheld", "oversee": "oversaw overseen overseeing", "spell": "spelt spelled", "bind": "bound",
    "write": "wrote written writing", "rewrite": "rewrote rewritten rewriting", "swing": "swung", "sweep": "swept", "map": "mapped mapping",
    "plot": "plotted plotting", "pin": "pinned pinning", "trim": "trimmed trimming", "skip": "skipped skipping", "spot": "spotted spotting",
    "commit": "committed committing", "omit": "omitted omitting", "submit": "submitted submitting", "transfer": "transferred transferring",
    "regret": "", "recap": "recapped recapping", "dwell": "dwelt", "forego": "forwent foregone", "shut": "shutting", "admit": "admitted admitting",
    "outrun": "outran outrunning", "rebuild": "rebuilt", "remake": "remade", "overshoot": "overshot", "clarify": "clarified clarifies",
    "begin": "beginning", "fulfil": "fulfilled fulfilling", "compel": "", "equal": "equalled equalling", "signal": "signalled signalling",
    "model": "modelled modelling", "incur": "incurred incurring", "opt": "opted opting", "drop": "dropping", "kick": "kicked",
    "knock": "knocked", "split": "splitting", "quit": "", "wane": "waned waning", "prove": "proved proven", "scrap": "scrapped scrapping",
    "program": "programmed", "spread": "spreading", "strive": "strove striven", "plan": "planning", "slot": "slotted",
}  # fmt: skip
