"""What a number is said to be by the words beside it: rows of patterns, by narrative and fact; values are not known.

To add a kind of fact, give it a row as soon as another of the same unit may stand in its sheet. A pattern of the first
tuple stands right beside its number and wins over one of the second, which may stand some words away. A number that no
pattern speaks of may state any fact of its value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from asana_intel.narratives.facts import Kind


@dataclass(frozen=True)
class Role:
    """How a fact is told.

    Args:
        near: Patterns right beside the number.
        far: Patterns some words away.
    """

    near: tuple[str, ...] = ()
    far: tuple[str, ...] = ()


_ODDS = r"(?:odds|chances?|probability|probabilities|likelihood|prospects?|forecast|outlook|confidence)"
_EARLIER = (
    r"(?:last week|a week (?:ago|earlier|before)|the week before|previously|earlier|formerly|before|the previous week"
    r"|one week (?:ago|earlier))"
)
_TIME = r"(?:time|period|calendar|window|schedule|term|timeline|time available|duration|timeframe|runway)"
_WAY = r"(?:way|distance|path|road|journey|work needed|progress)"
_THE = r"(?:the |its |that |their |this |our |a |an |all |of |goal |'s |available |planned )*"
_GONE = r"(?:elapsed|gone|passed|used|expired|spent|behind us|lapsed|over(?= \.))"
_PRIOR = (
    r"(?:last week 's|the previous|the earlier|the prior|the former|previous|prior|the previous week 's|a week ago 's)"
)
_USUAL = r"(?:usual|usually|normal|normally|typical|typically|norm|ordinary|ordinarily|average|habitual|customary)"
_AGAINST = r"(?:against|versus|vs|vs \.|compared (?:with|to)|instead of|rather than|in comparison (?:with|to)|not|(?:down|up) from)"
_TASKS = r"(?:tasks? |items? |of them |others |other |others? |more |open |supporting |further )*"
_BE = r"(?:are |is |were |was |remain |remains |stay |sit |have been |has been |'s |'re |now |currently |still |also |already |long )*"
_LATE = r"(?:overdue|past due|late|past (?:their|its|the) due (?:day|date|days|dates)|past (?:their|its) deadlines?|behind their dates?)"
_WAIT = (
    r"(?:blocked|wait|waits|waiting|await|awaits|awaiting|held up|stuck|on hold|depend|depends|held back|cannot move"
    r"|cannot proceed|cannot start|ca not|unable)"
)
_DONE = r"(?:finished|completed|closed|done|delivered|wrapped up|finish|complete|got through|ticked off|cleared|closing|finishing)"
_REACH = (
    r"(?:reach|reaches|reaching|reached|hit|hits|hitting|meet|meeting|get to|gets to|getting to|make|making|attain|attaining"
    r"|achieve|achieving|sign|signing|arrive at|arriving at|passed?|exceeded|clear)"
)

_GOAL: dict[str, Role] = {
    "odds": Role(
        (
            r"{P} (?:likely|likelihood|chances?|odds|probability|probable|prospects?|forecast)", r"at {P} , (?:down|up|unchanged|O)",
            rf"(?<!last week 's )(?<!previous )(?<!prior )(?<!earlier ){_ODDS} (?:of|at|are|is|:|now|stand at|stands at|remain at|stay at) {{P}}",
            r"(?:unchanged|not changed|not moved|no different|as before|different) from {P}",
            r"from P (?:last week |a week ago )?to {P}",
            r"to {P} (?:, )?(?:down |up )?from P", r"likely <*8>{P}", r"O (?:this week |since last week |, |in a week )*(?:to|at) {P}", r"(?:odds|chances?) <4>O <4>(?:at|to) {P}",
            r"{P} (?:, )?(?:down |up )?from P",
            r"{P} (?:\( |, )*(?:against|versus|vs|compared with|compared to|after|rather than|instead of) (?:last week 's )?P",
        ),
        (rf"{_ODDS} <*14> {{P}}", r"(?:at|to|are|is|by) {P} <1>(?:, )?(?:down|up|O)"),
    ),
    "odds_before": Role(
        (
            r"from {P}(?! (?:now|today|at present|so far|currently))", rf"{_PRIOR} {_ODDS} of {{P}}", rf"{_PRIOR} {{P}} (?:{_ODDS})",
            rf"{{P}} (?:was |were )?{_EARLIER}",
            r"(?<!current ){P} to P(?! (?:by|on) D)", r"{P} down to P",
            rf"(?:previously|formerly|was|were|earlier|had been|{_EARLIER} (?:it was |they were |at )?) {{P}}",
            r"P (?:\( |, )?(?:against|versus|vs|compared with|compared to|after|instead of|rather than) {P}",
        ),
    ),
    "elapsed": Role(
        (rf"{{P}} (?:of )?{_THE}{_TIME}", rf"{{P}} {_GONE}", rf"{{P}} (?:is |has |was |been |already |now )+{_GONE}"),
        (rf"{_TIME} <4> {{P}}",),
    ),
    "progress": Role(
        (
            rf"{{P}} (?:of )?{_THE}{_WAY}", r"{P} (?:is |has been |was |already |now )*(?:done|complete|completed|there|covered|finished)",
            r"(?:close|closing) (?:it|the goal) at {P}",
            r"progress (?:is|at|of|stands at|:|now|reached|has reached) {P}",
        ),
        (r"(?:progress|way|done) <4> {P}",),
    ),
    "odds_change": Role(
        (rf"{_ODDS} (?:have |has |had |also |were |are )*(?:lost|fell|dropped|gained|rose|slid|slipped) (?:by )?{{ON}}",
         r"of the {ON} points? (?:lost|gained|of)", r"{ON} points? <2>(?:down|up|lower|higher|less|more|better|worse|below|above|under)",
         r"{O} (?:fall|rise|drop|decline|increase|loss|gain)"),
        (),
    ),
    "driver_points": Role(
        (
            r"(?:responsible for|behind) (?:about )?{ON}",
            r"(?:explains?|explained|explaining|accounts? for|accounted for|contributed|costs?|makes? up) (?:about )?{ON}",
            r"{ON} (?:points? )?of (?:the|those|that|these|this|its) (?:[NO]\d+ )?(?:points?|fall|rise|drop|decline|change|increase|loss|gain|points? lost)",
            r"{ON} of (?:the|those|that|these) O",
            r"{ON} (?:points? )?(?:of (?:the|those|that) )?<4>(?:come|comes|came|are due|is due|stem|due) (?:to|from)",
        ),
    ),
    "lever_points": Role(
        (r"(?:for|with|gives?|brings?|adds?|and|,) an? (?:extra |further )?{O} (?:point )?(?:gain|rise|increase|lift|improvement|boost) (?:in|of|to) (?:the )?(?:odds|chances?|probability|likelihood)", r"(?:would|could|might|may) (?:add|raise|lift|bring|gain|improve|increase|boost) <7>{ON}", r"(?:adding|worth|adds?) {ON}(?! (?:more |extra |further |additional |weeks))"),
    ),
    "current": Role(
        (
            r"(?:metric|measure|performance|we|goal|level|value|rate|it) (?:stands? |are |is |sits? |now |currently |still |standing )+at {NP}",
            r"(?:met|reached|exceeded) (?:its |the )?[NP]\d+ target at {NP}", r"at {NP} , (?:up|down|unchanged|no change|O|a (?:gain|rise|drop|fall))", r"O (?:this week |since last week |, |in a week )*at {NP}",
            r"(?:with|at) {NP} (?:completed|done|finished|delivered|closed|sold|signed|in place|reached|achieved|on the board|so far|to date)", r"(?:current|present) (?:level |value |figure |reading |base |standing )?(?:of )?{NP}", r"{NP} (?:delivered|completed|done|sold|signed) (?:so far|to date|following|after|now)", r"target : {NP} (?:[a-z]+ )?(?:against|versus|vs|of|out of) [NP]\d+",
            r"{NP} (?:out )?of (?:the |a target of |its target of )?[NP]\d+(?! (?:weeks?|in|over|across|gained|from))", r"(?:stands?|stood|sits?|remains?|stays?|is|currently|now|are|stuck|still|metric|value) at {N}",
            r"(?:current value|value|metric|current figure|count) (?:is |of |: |now |was |, |at |stands at )+{NP}", r"{N} (?:against|versus|for|vs) <2>target", r"{NP} (?:against|versus|vs) <2>target", r"(?:met|reached|exceeded) at {NP}", r"E (?:is |stands |sits |now |currently |remains |still )*at {NP}", r"(?<![a-z0-9] )at {NP} , (?:down|up|unchanged|O|N|flat|having|after)", r"at {NP} , (?:the goal|it|the metric)",
            r"(?:goal|metric|rate|it|value|errors|count) (?!must |has to |needs |should |did )<2>(?:at|to) {NP}(?! (?:a|per|each|tasks))", r"O (?:this week |since last week |, |in a week )*to {NP}", r"{NP} (?:versus|against|vs) [NP]\d+", r"{NP} (?:has been |is |was |are )?(?:reached|achieved|in hand)(?= (?:,|\.|so|and|;|after|with|now|by now|to date))", r"(?:it|goal|E|we) (?:has |have |'ve |'s )?(?:now |already |just )?reached {NP}(?= (?:,|\.|:|and|;|this|since|on|after|with))", r"from {N} (?:a week )?to N", r"{N} so far",
            r"{NP} (?:, )?(?:is |which is )?(?:above|over|higher than|below|under|beyond|past|short of|exceeds) (?:the |its )?(?:target|goal|N|P)",
            r"(?:up|down|rose|fell|climbed|dropped|slid|sank|went|lower|back)(?: by)? N (?:, )?(?:to|at) {N}", r"at {N}(?= ,)",
            r"{N} (?:of|out of|against) (?:the |a |its )?(?:target |goal )?(?:of )?N(?! (?:weeks?|in|over|across|gained|from))",
        ),
        (),
    ),
    "target": Role(
        (
            r"{NP} (?:is |was )?reached ,",
            r"(?:it|goal|E|we) (?:has |have |'ve |'s )(?:now |already |just )?reached {NP}",
            r"(?<!up )N (?:out of|of) (?:the |a |its )?(?:target |goal )?(?:of )?{N}(?! (?:tasks|points|weeks?|gained|hours|in|over|across))",
            r"(?:target|targets)(?: value)?(?: ,| is| of| :| stands at| at)* {N}", r"(?:target|goal)(?: value)? (?:of |: |, )(?:the )?{NP}", r"{NP} targeted", r"to {NP} by D", r"{NP} (?:that )?(?:it|the target|we|that|the goal) (?:must|needs|has to|wants?|should|aims)", r"{NP} (?:is |as |being )?(?:the |its |a )?target", r"from N to {N}", r"[NP]\d+ (?:versus|against|vs) {NP}",
            r"(?:odds|chances?|probability|likelihood|prospects) of (?:[a-z]+ing )?{N}", r"(?:odds|chances?|probability|likelihood|prospects) of [a-z]+ing (?:the |a )?{P}", r"(?:odds|chances?|probability|likelihood|prospects) (?:of|that) {NP} (?:being|is|gets|will be) (?:reached|met|hit)", r"from (?:the |its )?current [NP]\d+ to {NP}", r"meant to reach {NP}",
            rf"(?:{_REACH}|short of|beyond|past) {{N}}(?! (?:tasks|a week|weekly|each|every|points|weeks|per|in|since|of|out))", rf"{_ODDS} (?:of|for) (?:[a-z]+ing )?(?:the |a )?{{P}} (?:by|on|until) D", r"(?:exceeds?|above|over|below|beyond|past) (?:the |its )?(?:target of |wanted )?{NP}(?= (?:it|target|that|which|\.|,|and|with))",
            r"{N} by D", r"{N} (?:is|was|would be|are) (?:reached|met|hit)", r"{N} (?:as its target|that is wanted|targeted)",
        ),
    ),
    "expected": Role(
        (r"(?:forecast|forecasts) (?:had )?(?:expected|foresaw|predicted|saw) <2>{N}", r"expected <1>{N}", r"{N} <1>(?:the |that )*(?:forecast|forecasts) <1>(?:expected|foresaw|predicted)",
         r"{N} (?:that |which )?(?:was |were |had been |is )?(?:expected|foreseen|predicted|forecast|projected)"),
    ),
    "value_change": Role(
        (r"(?:after|following|with) an? {O} (?:point )?(?:drop|rise|gain|fall|decline|increase|loss|improvement) (?:, (?:the|our) (?:metric|goal|value)|to [NP]\d+)", r"{NO} (?:points )?(?:higher|lower) , (?:the|our|its)", r"at [NP]\d+ after an? {NO} (?:gain|rise|increase|drop|fall|decline|loss)",
         r"(?:gaining|adding|losing|having added|having gained|having lost|after gaining|(?<!weeks )added|dropping|rising) (?:by )?{N}(?! (?:more weeks|extra weeks|weeks|a week|per|each|every|weekly|tasks))",
            r"(?:up|down)(?: by)? {N}(?= (?:since|on|from|in|this|over|,|\.|;|and|to|at))",
            r"(?:gained|lost|(?<!weeks )added|rose by|fell by|dropped by|grew by|climbed by|increased by|decreased by|increase of|decrease of|gain of|rise of|fall of|drop of|loss of|slid back by|back by|rose|went down|went up) {N}(?! (?:tasks|points|over|in four|a week|per week|of|weeks|each|every|more|until|for))",
            r"{N} (?:more|less|fewer|higher|lower) (?:than|since|on)", r"{N} (?:more|lower|higher|less|up|down)(?= (?:,|\.|;|at))",
        ),
    ),
    "pace": Role(
        (
            r"(?<!needed )(?<!required )(?:pace|rate|speed) (?:is|was|of|has been|stands at|at|runs at|, at) <1>{N}(?! (?:a week |per week |weekly )?(?:would|is enough|for the|over the|in the|through the|throughout the|across the|in each))", r"recent(?:ly)? (?:pace |rate )?<1>{N}",
            r"(?:gain|gaining|gains|gets|adds|adding|opening|averaging|moves|moving|makes|making|brings in|raising|raises) <2>{N} (?:a|per|each|every) week",
            r"(?:gain|gaining|gains|gets|adds|adding|averaging) (?!from |of )<1>{N}(?! (?:weekly for|a week for|per week for|more |extra |further |additional |weeks))", r"{N} (?:a week |per week |weekly )?(?:recently|lately)", r"{N} (?:a week |per week |weekly )(?:at present|at the moment)", r"(?:runs|running|moves|proceeds) at {N}", r"{N} (?:against|versus|vs) N", r"pace (?:stays|remains|continues|holds|stands)? ?at {N}", r"from {N} (?:a week )?to N",
            r"{N} (?:a week |per week |weekly )?(?:is |was |were |being )?(?:delivered|achieved|made|managed|seen|gained|reached|averaged|recorded|realised|realized) (?:lately|recently|of late)", r"(?:lately|recently|of late) (?:it |we |the goal )?(?:has been |has |was |is |have )?(?:delivered |achieved |made |managed |at |gained |moved at |grown by |run at |averaged )?{N}(?! tasks)",
        ),
    ),
    "needed_pace": Role(
        (
            r"(?:reach|achieve|make|get to|rise to|reaching|achieving|needs?|requires?) (?:a |the )?(?:weekly )?(?:pace|rate) of {N}",
            r"(?:needed|required|necessary) (?:run |weekly )?(?:pace|rate|speed) (?:is |of |at |: )+{N}",
            r"to (?:gain|make|achieve|add) {N} (?:a|per|each|every) week", r"(?:pace|rate|speed) of {N} (?:a week |per week |weekly )?(?:for|over|in|through|across|throughout|during) (?:the|each|every) (?!last|past|recent|previous)",
            r"(?:needed|required|necessary) (?:for|to) (?:[a-z]+ ){0,5}?(?:is|:|at|of|comes to) {N}",
            r"(?:needs?|requires?|needed|required|necessary|needing|demands?)(?: is| are| :| of| pace| rate| at least| to gain| about)* {N}", r"would (?:need|take|require)(?: to gain)? {N}",
            r"{N} (?:a week |per week |weekly |each week |every week )?(?:is |are |that is |that are |which is |would be |was |it |the target |the goal |would |still |that )*(?:needed|required|necessary|needs|requires)",
            r"(?:reach|get to|rise to|step up to|up to) {N} (?:a week|per week|each week|every week)", r"needed (?:pace|rate|:) <2>{N}", r"N (?:against|versus|vs) {N}", r"(?:must|has to|have to|needs to|should) (?:now )?(?:gain|make|reach|add|rise to|go up to|move at|run at|grow by|proceed at|average|go at|advance by|be) {N}", r"(?:pace|rate|speed) of {N} (?:a week |per week |weekly )?(?:would be|is|would) (?:enough|sufficient|suffice|needed|required|necessary)", r"from N to {N}",
        ),
    ),
    "slow_recent": Role(
        (
            r"E (?:'s )?<4>{N} (?:tasks )?(?:a|per|each|every) week", r"E <5>{N}(?: tasks| weekly)", r"down to {N}", r"slowed(?: down)? to {N}", r"from N (?:tasks )?(?:a week )?to {N}", r"E (?:, )?at {N}",
        ),
    ),
    "slow_usual": Role(
        (
            rf"{_USUAL} (?:[a-z]+ ){{0,3}}{{N}}", rf"{_USUAL} (?:, )?E (?:[a-z]+ ){{0,3}}{{N}}", rf"E , {_USUAL} (?:[a-z]+ ){{0,3}}{{N}}", r"norm (?:of|is|being) (?:about )?{N}", r"{N} (?:tasks )?(?:a week |per week |weekly |each week )?(?:as a rule|on average|in normal times|in a usual week|in a normal week)", rf"{_USUAL}(?: rate| pace| output| of| is| at| week 's| a)* {{N}}", rf"{{N}} (?:tasks )?(?:a week |per week |weekly |each week )?(?:in a |is |as |was |that is |which is )*{_USUAL}", r"N (?:tasks )?(?:a week )?(?:against|versus|vs) {N}",
            r"(?:instead of|rather than|not) <3>{N} (?:tasks)", r"N (?:tasks )?(?:a week |per week |weekly |each week )?<1>(?:, |\( )?(?:down )?from <2>{N}(?! weeks)", r"from {N} (?:tasks )?(?:a week )?to N",
            r"{N} is (?:usual|normal|typical|its norm|its usual)",
        ),
    ),
    "done_last_week": Role(
        (
            rf"{{N}} (?:tasks? )?(?:in|of) (?:T|the (?:public )?supporting projects?) {_BE}{_DONE}(?! (?:a|per|each|by)\b)",
            r"finished tasks (?:is|are|was|were|:) {N}",
            rf"{_DONE} (?:just |only |another )?{{N}}(?= (?:tasks?|items?|last|, but|but|in))(?! tasks? (?:a|per|each|every|weekly))", rf"{{N}} {_TASKS}{_BE}(?:{_DONE})(?! (?:a|per|each|work)\b)(?! tasks? (?:a|per|each|every|weekly)\b)",
            rf"{{N}} (?:tasks? )?(?:in the supporting projects? )?(?:was|were) {_DONE}",
        ),
    ),
    "overdue": Role(
        (
            rf"{{N}} {_TASKS}{_BE}{_LATE}", r"(?:overdue|past due)(?: tasks)?(?: :| number| are| is)? {N}",
            rf"{{N}} {_TASKS}(?:in the (?:public )?(?:supporting )?projects? )?{_BE}{_LATE}", rf"{{N}} (?:tasks? )?in T {_BE}{_LATE}",
        ),
    ),
    "blocked": Role(
        (
            rf"{{N}} {_TASKS}{_BE}{_WAIT}", r"(?:blocked|waiting)(?: tasks)?(?: :| number| are| is)? {N}",
            rf"{{N}} (?:tasks? )?in T {_BE}{_WAIT}", rf"{{N}} {_TASKS}(?:in the (?:public )?(?:supporting )?projects? )?{_BE}{_WAIT}",
            r"(?:unblock|free|release) (?:the )?{N}",
        ),
    ),
    "not_assessed": Role((r"(?:assess|assessed|assessable|available|odds|possible|start|starts) <4>(?:from|on|after) {D}", r"from {D}")),
    "blocked_days": Role((r"{N} days",)),
    "weeks_left": Role((r"{N} (?:more|further) weeks", r"{N} weeks? (?:left|remain|remaining|to go|until|before|to the|away)", r"(?:remaining|next|coming|in the|within) {N} weeks?", r"(?:left|remaining) (?:is |are |: )?{N} weeks?")),
    "window": Role((r"(?:last|past|previous|recent|latest) {N} weeks?", r"gained <1>(?:over|in) (?:the )?(?:last |past )?{N} weeks?")),
    "stalled": Role((r"{N} weeks? (?:in a row|without|running|straight|long)", r"(?:for|in) {N} weeks?(?! (?:left|remaining|to))")),
    "window_gain": Role((r"of (?:the |their )?N weeks (?:' |'s )?{N}", r"weeks (?:together |combined |have |has )*(?:added|brought|gave|produced|yielded|saw|contributed|delivered) {N}", r"(?<!rise )(?<!gain )(?<!increase )(?<!loss )(?<!drop )(?<!fall )of (?:the |a )?{N} (?:gained|that were gained|gain|made|added|collected|in four|in the last|over)", r"(?:gain|rise|increase) of {N} (?:in|over|across) (?:the )?(?:last |past )?N weeks", r"(?:gained|gain of) {N} (?:in|over|across) (?:the )?(?:last |past )?N weeks", r"week (?:gain|total|increase) of {N}", r"weeks (?:produced|brought|gave|saw|made|yielded) (?:a )?(?:gain of |total of )?{N}", r"N (?:out )?of (?:a gain of |the |its )*{N} (?:gained |in |over |across )", r"of a gain of {N}", r"gain of {N} , but N of it", r"to the {N} gained", r"weeks it gained {N}", r"{N} gained (?:in|over|across)")),
    "peak_gain": Role((r"(?:one|a single week|single|one week) (?:of them |of these |of those )?(?:giving|bringing|adding|contributing|producing|delivering|yielding|accounting for|gave|brought|added|contributed|produced|delivered|yielded|accounts for|accounted for|provided|supplied) {N}", r"{N} (?:out )?of (?:a gain of |the |its |four weeks 's? |four weeks' )*N (?:gained|in|over|across)", r"(?<!gain of )(?<!weeks )(?<!weeks ' )(?<!weeks 's ){N} (?:of (?:it|that|them|this) )?(?:came|fell|coming|falling|were|was|arose|arrived|from) (?:in|into|from|within) (?:a |one|just|only|N)", r"week (?:alone )?(?:contributed|accounted for|brought|delivered|gave|added|made) {N}", r"of (?:which|this|that|these|it|them) {N}", r"{N} (?:out )?of (?:the )?N (?:gained|that were gained|gain|made|added|collected|in|over)",)),
    "lever": Role((r"(?:adding|add|another|extra|further|allow|allowing|extension of|give|giving|take|taking) (?:it |another |an extra )?{N} (?:more |extra |further |additional )?weeks", r"{N} (?:more|extra|further|additional) weeks")),
    "due": Role(
        (
            r"(?:by|for|until|till|before|through|deadline|due) {D}", r"(?:due|deadline) (?:day |date |dates )?(?:of |on |is |: |by |for |day |date |, |\( )*{D}",
            r"{D} (?:deadline|due|date)", r"(?:ahead|left|remaining|go|time) (?:of|until|before|to|till) {D}", r"target <1>(?:on|for|of D) {D}", rf"{_ODDS} <*9>on {{D}}",
        ),
    ),
    "predicted": Role(
        (r"not (?:be )?(?:reached|met|hit|attained) (?:until|before) {D}", r"(?:hit|hits|reach|reaches|meet|meets|get to|gets to|attain|attains|arrive at) (?:the |its |it |this )?(?:target|goal) (?:only )?(?:on|around|about) {D}", r"target (?:is |would be |gets )?(?:reached |hit |met )?(?:only )?(?:on|around) {D} (?:, )?(?:which is |that is )?(?:past|after|too|later|beyond)",

            r"(?:reached|reaches|hit|met|predicted|predicts|lands?|forecast|projected|there|attained|achieved|expected) (?:only )?(?:on|around|about|for|at) {D}",
            r"(?:target|forecast date|date|it) (?:is |now |expected |forecast )*(?:on |for |around )?{D}(?= (?:, )?(?:after|before|ahead|later|well|only|just))", r"(?:forecast|predicted|expected|projected|reach|reached) <*8>(?:on|for|is|to) {D}",
            r"(?:forecast|it|we) (?:would |to )?(?:reach|reaches|hit|hits|meet|meets) <3> ?(?:on|by|only on) {D}",
        ),
    ),
}  # fmt: skip

_CAPACITY: dict[str, Role] = {
    "load": Role((r"load of [ET] (?:is |at |would be |comes to |stands at )*{P}", r"load (?:is |of |at |comes to |stands at |: |for .{0,40}? is |is forecast at )+{P}", r"(?:forecast|run|running|running) (?:at|to) {P}", r"(?:load|forecast) of {P}", r"E (?:is )?at {P}"),
                 (r"load <*14> {P}",)),
    "overload": Role((r"{P} (?:likely|chance|likelihood|probability|odds|probable)", r"P rather than {P}", r"overload (?:is |are |at |stand at |: |of |comes to |stands at )*{P}", r"from {P}", r"(?:odds|chance|probability|likelihood) (?:of|:|is|are|at) {P}"),
                     ()),
    "odds_without": Role((r"without (?:it|that|[ET]\d+) , (?:[a-z]+ ){0,6}?{P} (?:instead of|rather than)", r"without (?:[a-z]+ |[ET]\d+ ){0,7}{P}", r"P (?:down )?to {P}", r"(?<! later , the )(?:odds|chance|probability|likelihood) (?:of overload )?(?:would|could|might) (?:be|fall to|drop to|come down to) {P}", r"(?:or|be|dropping to|falling to|fall to|falls to|drops to|to) {P} (?:without|if|with|were|when)?", r"without <*8> {P}")),
    "odds_later": Role((r"(?:later|postponed|moved|delayed|delaying|postponing) <*14>(?:to|be|is|at) {P}", r"P (?:down )?to {P}", r"(?:later|postponed|moved|delayed) <5>(?:odds|chance|probability|likelihood) (?:of overload )?(?:is|are|falls? to|drops? to|would be) {P}", r"{P} rather than P", r"(?:or|be|dropping to|falling to|fall to|falls to|drops to|to) {P} (?:without|if|with|were|when)", r"(?:dropping to|falling to|fall to|falls to|drops to) {P}")),
    "inferred": Role((r"{P} (?:of (?:it|the (?:work|hours|load)|that|this|them) )?(?:is |are |was |were |has |have |only |been |it )*(?:inferred|not estimated|estimated)", r"inferred (?:hours |part |share |work )?(?:: |is |are |make up |makes up |at )*{P}", r"{P} of (?:the|those|that|these) (?:hours|work|load)", r"estimated {P}", r"{P} of it")),
    "assigned": Role((r"{N} hours (?:against|versus|vs) N", r"{N} hours of (?:assigned )?(?:work|tasks)(?! on)", r"(?<!\d )(?<!because )of (?:the |its |their )?{N} hours")),
    "available": Role((r"{N} hours (?:of time|available|of capacity|free|are available)", r"{N} hours (?:of time )?for [N]\d+ hours of work", r"(?<!account )(?<!accounts )(?<!accounting )(?:for|against|into|with only|only) {N} hours(?! (?:of (?:work|tasks)|against|versus|vs|for))", r"and {N} hours available")),
    "cause_hours": Role((r"{N} hours of work (?:in|on) (?:[NET]\d+|the|a)", r"[ET]\d+ (?:, )?of {N} hours", r"[ET]\d+ (?:, |totall?ing |that take |taking |which take |at |together |worth |for |\( )+{N} hours", r"{N} hours (?:in total|together|in all|combined|altogether)", r"{N} of (?:the |its |their )?N hours", r"(?:take|taking|takes|take up|taking up|need|needing) {N} hours", r"T \( {N} hours", r"E \( {N} hours")),
    "week_number": Role((r"week {N}",)),
}  # fmt: skip

_PRIORITY: dict[str, Role] = {
    "rank": Role((r"(?:ranks?|ranked|number|place|rank|place :|rank :|is|at) {N} (?:of|out of|among)", r"{N} (?:th |nd |rd |st )?(?:place |of |out of |among )", r"(?:ranked|number|rank|rank :) {N}")),
    "ranked": Role((r"(?:out of|among) (?:the )?{N}", r"N (?:th |nd |rd |st |place )*of (?:the )?{N}", r"{N} open tasks")),
    "score": Role((r"its {ON}(?= points? (?:come|comes|are))", r"(?:its|these|those|the) {ON} points? (?:come|comes|are|consist|is|include|includes|break|derive|stem|,)", r"(?:score|scores|scoring|scored)(?: of| :| is| at)* {ON}", r"(?<!, )(?:on|at|with) {O}(?! for| because| from)", r"[NO]\d+ open tasks (?:, |\( |at |with |on )*{ON}")),
    "goal_points": Role((r"{ON} (?:points? |of those |of its |of these |of them |of the points? )*(?:are )?(?:for|from|to|(?<!points )(?<!point )come from|comes from) (?:the goal )?E", r"E (?:contributes|accounts for|brings|gives|adds|is worth|\(|, worth|worth|gives it)+ {ON}")),
    "urgency_points": Role((r"D (?:, )?with {ON}", r"{ON} (?:points? |of its points |of those |of the |of them )*(?:are |come |comes )?(?:for|from) (?:its |the |being )(?:due|close)", r"due (?:day|date) (?:of |, )?D (?:, )?(?:\( |gives it |with |brings |adds |, with )+{ON}")),
    "dependency_points": Role((r"{ON} (?:points? )?(?:because|as) N", r"wait(?:s|ing)? for it \( {ON}", r"(?:tasks?) (?:that|which) (?:wait|waits|depend|depends) (?:for|on) it \( {ON}", r"{ON} (?:points? )?(?:for|to|from) (?:the )?(?:N|a) (?:task|tasks|one)")),
    "effort_points": Role((r"{ON} because (?:it |its )?(?:takes|needs|little|small|effort) <3>effort", r"{ON} (?:points? )?for (?:its |the |a )?(?:small|low|little) effort",)),
    "stakeholder_points": Role((r"{ON} (?:points? )?for (?:the )?interest",)),
    "capacity_points": Role((r"{ON} because (?:there |of |its )*(?:is |are )?<2>(?:free|spare|capacity)", r"{ON} (?:points? )?for (?:the )?(?:free|spare)",)),
    "waiting": Role((r"{N} (?:waiting|dependent|blocked) tasks?", r"{N} (?:other |open |more )?tasks? (?:that |which |is |are |still )*(?:wait|waits|waiting|depend|depends|behind)",)),
    "places": Role((r"{N} places", r"(?:up|down|climbs?|rose|fell|lost|gained) {N}(?! points)")),
}  # fmt: skip

_OTHERS = r"(?:odds|chances?|probability|likelihood|prospects?|forecast|progress|goal stands|metric|confidence|likely)"
_SET = r"(?:is|are|was|were|of|at|:|slipped|rose|fell|dropped|stand|stands|stay|stays|remain|have|has|down|up|now|still|slid|climbed|lost|gained|by|to|from)"
_STILL = r"(?:(?!goal|metric|we|it|with|while|current|level|now at|value)[a-z'-]+ |, ){0,8}?"
"""Words between the odds of a target and their value, none of which begins to speak of the goal."""
HARD: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.goal_progress: {
        "progress": (r"progress (?:is |of |at |: |stands at |of the goal |of the goal : )+{P}", r"{P} of the way"),
        "elapsed": (r"{P} of (?:the |its )(?:time|period)",),
        "lever": (r"pace (?:that is |which is )?{P} (?:higher|faster|quicker)",),
        "pace": (r"recent pace (?:is |of |at |was |has been )+<1>{N}",),
        "needed_pace": (
            r"needed pace (?:is |of |at |: )+<1>{NO}",
            r"{NO} (?:a week |per week |weekly )?(?:is |are )?(?:needed|required)(?! (?:to|against))",
            r"than (?:the )?{NO} (?:a week |per week |weekly )?(?:that )?(?:we|it|the target|the goal) (?:needs?|requires?)",
        ),
        "target": (
            r"(?:odds|chances?|probability|likelihood) (?:of|for) (?:[a-z]+ing )?(?:the )?{P} (?:by|on) D",
            r"(?:so|has reached|have reached|and so meets|meets|has met) {P}(?= (?:is|,|\.|:))",
            r"(?:reached|met) (?:its |the )?(?:target of )?{P}(?= (?:and|:|,))",
            r"target of {NP}",
            r"{NP} targeted",
        ),
        "odds": (
            rf"(?:odds|chances?|probability|likelihood) (?:of|for) (?:[a-z]+ing )?(?:the )?[NP]\d+ (?:by|on|for) D {_STILL}(?:at|to|is|are|remains?|stays?|stayed|holds?) {{P}}",
            r"(?:odds|chances?|probability|likelihood) (?:have |has |also |now )*(?:climbed|rose|risen|fell|fallen|dropped|declined|slipped|eased|improved|increased|decreased|went|moved|slid|grew) (?:up |down )?to {P}",
            r"(?:odds|chances?|probability|likelihood) for D (?:[a-z]+ |O\d+ |, ){0,5}?from P to {P}",
            r"(?:odds|chances?|probability|likelihood) for D (?:now |also )?(?:is|are|stand at|stands at|at) (?:now )?{P}",
            rf"{_ODDS} (?:of|for) (?:[a-z]+ing )?(?:the )?P (?:by|on) D (?:still |now |are |is |at |stand |remain |hold |: )+{{P}}",
            r"(?<!last week 's )(?<!previous )(?<!prior )(?<!earlier )(?:odds|probability|likelihood|chances?) (?:of|at|are|is|:|stand at|now) {P}(?! (?:last week|a week ago|by D|on D|before D|until D|being|or more))",
            r"(?<!last week 's )(?<!previous )(?<!prior )(?<!earlier ){P} (?:likely|chance|likelihood|probability)(?! (?:last week|a week ago))",
            r"(?:odds|chances?|probability|likelihood|prospects) (?:[^ ;,]+ ){0,12}?(?:rose|fell|climbed|declined|dropped|slipped|eased|increased|decreased|went|moved|improved|slid|dipped) (?:up |down )?from P to {P}",
        ),
        "odds_before": (
            r"(?:odds|chances?|probability|likelihood) for D (?:[a-z]+ |O\d+ |, ){0,5}?from {P} to P",
            r"{P} (?:last week|a week ago|a week earlier)",
        ),
        "current": (
            r"(?:the goal|the metric|we|we 're|it|E)(?: itself| is| are| stands| remains| stays| stayed| stood| still| now| currently| holding| steady| flat| 's| 're)+ at {P}",
            r"(?<!D\d )(?<!D\d\d )at {P} [,(] (?:up|down|a point up|a point down|a (?:gain|rise|fall|drop) of) [NO]\d+",
            r"(?:metric|value|goal) (?:(?!from )[a-z]+ ){1,3}?(?:by )?[NO]\d+ (?:this week |since last week )?to {NP}",
            r"(?:target|goal) \( {NP} (?:versus|against|vs|compared with|of) [NP]\d+",
        ),
    },
    Kind.capacity_cause: {
        "odds_later": (
            r"later , (?:the )?(?:odds|chances?|probability|likelihood) of overload (?:is|are) {P}",
            r"(?:odds|chances?|probability|likelihood) of overload (?:[a-z]+ ){0,3}?from P (?:down )?to {P}",
        ),
        "odds_without": (
            r"(?:odds|chances?|probability|likelihood) of overload (?:[a-z]+ ){0,3}?from P (?:down )?to {P}",
        ),
        "load": (
            r"N forecast (?:for [ET]\d+ )?: {P}",
            r"(?:forecast|load) (?:is|of|at|stands at|comes to) {P}",
            r"N (?:(?:is|looks|look|stands|forecast|runs|comes) )+(?:like |at |to |out at )?{P}",
            r"{P} (?:load |forecast )?(?:in|for) (?:the )?(?:week )?N",
            r"forecast (?:load )?for (?:the )?(?:week )?N (?:to|at|is|of) {P}",
            r"(?:to be|loaded|forecast|projected|reach|running|a forecast) (?:at |loaded at )?{P}(?= (?:in|for|,|;|owing|because|due|on)| \.)",
            r"forecast (?:load )?(?:for|of) (?:[^ ;,]+ ){0,5}?(?:is|at|of) {P}",
            r"(?:E|a) {P} load",
            r"forecast for E is {P}",
            r"load of {P}",
        ),
        "overload": (
            r"(?:overload (?:odds|risk|chance|probability|likelihood)|(?:odds|chances?|probability|likelihood|risk) of overload)(?: for E| of E)? (?:is |are |at |stands? at |of |, which are |drops? |falls? |declines? |goes |go |would |could |come |down |decline |fall |drop )*(?:from )?{P}(?! (?:rather|instead|with|without|if|when|from))",
            r"overload (?:odds |risk )?(?:[a-z]+ ){0,4}?from {P}",
            r"(?:chance|likelihood|odds|probability|risk) of (?:an )?overload (?:[a-z]+ ){0,3}?from {P}",
            r"{P} (?:chance|likelihood|odds|probability|risk) of overload",
            r"rather than {P}",
            r"(?:odds|chances?|probability|likelihood) (?:of overload|that) (?:[^ ;,]+ ){0,11}?(?:is|are|at|stand at|stands at) {P}(?! (?:rather|instead|with|without|if|when))",
        ),
    },
}
"""What must be so whatever else stands beside the number."""

VETOES: Mapping[Kind, tuple[str, ...]] = {
    Kind.goal_progress: (
        rf"(?:the|its|their|of|last week|last week the) tasks (?:(?!{_OTHERS} |with |while |and )[^ ;]+ ){{0,7}}P",
        r"(?:add|worth) O to the (?:pace|tasks|target|plan|progress|work)",
        rf"pace (?:(?!{_OTHERS} |with |while |and |that |by |higher |at |of |[NO]\d)[^ ;]+ ){{0,7}}P(?! (?:higher|faster|quicker))",
        rf"tasks (?:{_SET} )+P",
        r"(?:needed|required) pace (?:of|is) N <4>(?:needed|required)",
        r"pace of reaching",
        rf"(?:tasks|(?<!weekly )pace) (?:{_SET} )+(?P<n>[O]\d+)(?! (?:a|per|each) )",
        r"tasks of [a-z]+ing",
        r"progress of [a-z]+ing",
        r"progress (?:of (?:this|the) goal )?(?:are|were)",
        r"tasks (?:can|cannot|could|may) (?:not )?be (?:given|assessed)",
        r"way (?:is |has been |was )?(?:used|gone|passed|elapsed)",
        r"pace (?:are|were)",
        r"target needs? (?:a )?(?:usual|recent)",
        r"with {P}(?= tasks)",
        r"[NOP]\d+ never",
        r"(?:the|those|these|each|every) (?:N )?(?:finished|early) (?:ones?|tasks?)",
        r"(?:are|is|been|tasks|stuck) done (?:for|on|N)|work ahead of|best N|or climbed|N fewer weeks|P before P",
        r"running early|now early|too early for the due|pace that is P (?:lower|slower)|[NP]\d+ behind D|came down short",
        r"rose in(?:to)? (?:one|a|N)|put up to|slowed up|down to date|nothing fewer|before which|next sync (?:can|cannot|could) not",
        r"not (?:moved|risen|fallen|gone) (?:up |down )?(?:by )?[NO]\d+|not assessable from",
        r"sped up",
        r"not be assessed (?:from|on|after|as of) D",
        r"P unlikely|unlikely at P",
        r"risk (?:is|of|at|stands at) {P}",
        r"finished by (?:other |still |their )*(?:open|unfinished)",
        r"(?:overdue|tasks) (?:, )?(?:however , )?(?:are|is) finished",
        r"(?:never|not) (?:[a-z]+ )?(?:gained|moved|added|grown|averaged|managed) (?:at |by )?N",
        r"through what is finished",
        r"(?:odds|chances?|probability|likelihood) (?:are|is|of|at|stand at|were|was) D",
        r"(?:are|is|was|were) done for (?:other|E|T)",
    ),
    Kind.priority_rationale: (
        r"(?:rose|fell|climbed|dropped) behind|(?:are|is|been|tasks|task|that) done (?:for|on)|done tasks?|has not rank|before (?:its|the) due (?:day|date) (?:was|came|moved)",
    ),
    Kind.capacity_cause: (
        r"not (?:been |all |fully |only )?inferred",
        r"(?:odds|chances?|probability|likelihood) (?:are|is|of|at|stand at|were|was) D",
    ),
}
"""Words that no number of the narrative stands with."""

ROLES: Mapping[Kind, Mapping[str, Role]] = {
    Kind.goal_progress: _GOAL,
    Kind.capacity_cause: _CAPACITY,
    Kind.priority_rationale: _PRIORITY,
}
