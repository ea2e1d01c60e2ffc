"""The closed vocabulary: words of plain reports that claim nothing by themselves; words that do are in guards.py.

What is left out is left out on purpose: praise and blame, people, feelings, reasons of the world (weather, illness,
vendors, budgets), certainty, superlatives, amounts without a number (many, most), and spans of time that no sheet has.
"""

_FUNCTION = """
a an the this that these those such its it itself their them they they're which who whose whom what how when
where while whereas whether if then than as at by for from in into of off on onto out over per to toward towards
through throughout until till up with within upon under and or but yet so nor also too both either each every
other another else otherwise though although however meanwhile still already now currently today more less
further only just even once is are was were be been being am has have had having do does did doing done let
should must there here again rather instead against between among amid across along around about before after
since ago during beyond beside besides apart alone together back away ahead plus minus versus vs via we our ours
us 's 're 've 'll 'd 'm s i.e e.g respectively namely overall hence thus therefore accordingly consequently one
same own whole full total very much half way
"""

_NOUNS = """
goal goals target targets objective objectives metric metrics measure measures value values figure figures
number numbers count counts reading readings level levels amount amounts total totals result results unit units
odds chance chances probability probabilities likelihood confidence prospect prospects percent percentage share
point points time period calendar schedule timeline window term date dates day days week weeks weekly deadline
deadlines due end start quarter's pace paces rate rates speed tempo momentum progress advance trajectory trend
task tasks item items work project projects portfolio portfolios milestone milestones status statuses label flag
colour color update updates report reports plan plans step steps action actions focus course direction move
moves change changes shift shifts difference gap gaps distance way path road line forecast forecasts prediction
predictions projection projections estimate estimates estimation outlook model assessment evidence data
information detail details record records history past present future average norm requirement requirements
demand sync asana side hand terms case view sign picture summary situation position state condition standing
note fact facts need needs rest remainder part parts half shares portion basis bit backlog queue list board
moment targeted current comparison contrast addition output throughput completion completions thing things times
ones other others anything something option options recommendation recommendations suggestion suggestions choice
choices alternative alternatives message headline bottom top takeaway margin stage stretch finish finishing pass
order check checks overview snapshot run-up sum tally entry entries range band tasks' end-date sub-goal remark
comment matter matters date's week's mind need's work's hands reach pipeline workload roadmap countdown clock
half-way midpoint measurement measurements gauge indicator indicators percentage-wise report's standstill
cadence velocity deliverables deliverable items' owner owner's
"""

_ADJECTIVES = """
main new
open supporting linked underlying related contributing recent recently lately latest current present previous
previously prior earlier last next past following coming upcoming remaining left outstanding available usual
usually normal normally typical typically ordinary ordinarily habitual habitually customary historical
historically average regular regularly needed required necessary planned intended set given stated weekly
week-on-week week-over-week actual actually overall total exact exactly precisely approximately roughly known
single separate respective respectively active live whole entire entirely fully partly recommended suggested
proposed advisable sensible worth due relative equal equally similar similarly later sooner soon meanwhile
original originally eventual eventually final finally initial initially altogether directly additional further
extra other possible immediate immediately long short longer shorter long-run far near close closer wide
"""

_ADVERBS = """
meanwhile currently presently so far to date thereby therefore there thereof therein only solely merely simply
just weekly together instead
"""

_VERBS = """
stand sit remain stay show say state read report note record log count measure compute calculate give put place
see look appear seem indicate suggest point mean imply translate amount equal correspond represent compare
contrast relate refer need require take call ask demand want come go get make keep leave work run move proceed
progress advance continue forecast predict expect estimate project anticipate foresee pass elapse expire lapse
use spend assess evaluate judge gauge support contribute link feed cover span total average change shift differ
follow start begin aim plan intend seek have list label rate sync happen register turn bring land reflect
recommend advise propose manage consider let track base tell lie hover linger apply account await face belong
reckon quote assign attach express describe picture present name regard view term treat outline cite open return
fit please cross concern involve bear serve enter arrive approach touch near
"""

_IRREGULAR = {
    "re-plan": "re-planned re-planning re-plans",
    "replan": "replanned replanning replans",
    "stand": "stood standing stands",
    "sit": "sat sitting sits",
    "say": "said saying says",
    "read": "read reading reads",
    "give": "gave given giving gives",
    "put": "put putting puts",
    "see": "saw seen seeing sees",
    "mean": "meant meaning means",
    "take": "took taken taking takes",
    "come": "came coming comes",
    "go": "went gone going goes",
    "get": "got gotten getting gets",
    "make": "made making makes",
    "keep": "kept keeping keeps",
    "leave": "left leaving leaves",
    "run": "ran running runs",
    "forecast": "forecast forecasting forecasts",
    "foresee": "foresaw foreseen foreseeing foresees",
    "spend": "spent spending spends",
    "begin": "began begun beginning begins",
    "seek": "sought seeking seeks",
    "have": "has had having",
    "bring": "brought bringing brings",
    "let": "let letting lets",
    "show": "showed shown showing shows",
    "plan": "planned planning plans",
    "log": "logged logging logs",
    "span": "spanned spanning spans",
    "refer": "referred referring refers",
    "sync": "synced syncing syncs",
    "set": "set setting sets",
    "lie": "lies lay lain lying",
    "bear": "bore borne bearing bears",
    "hold": "held holding holds",
    "find": "found finding finds",
    "catch": "caught catching catches",
    "deal": "dealt dealing deals",
    "stick": "stuck sticking sticks",
    "speed": "sped speeding speeds",
    "fit": "fits fitted fitting",
    "cut": "cut cutting cuts",
    "hit": "hit hitting hits",
    "drop": "dropped dropping drops",
    "step": "stepped stepping steps",
    "tell": "told telling tells",
    "feed": "fed feeding feeds",
}


def inflections(verb: str) -> set[str]:
    """Forms of a verb; of an irregular one as listed."""
    if verb in _IRREGULAR:
        return {verb.strip(), *_IRREGULAR[verb].split()}
    if verb.endswith("e"):
        return {verb, verb + "s", verb + "d", verb[:-1] + "ing"}
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return {verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"}
    if verb.endswith(("s", "x", "ch", "sh")):
        return {verb, verb + "es", verb + "ed", verb + "ing"}
    return {verb, verb + "s", verb + "ed", verb + "ing"}


def forms_of(verbs: str) -> frozenset[str]:
    """All forms of a list of verbs."""
    return frozenset().union(*(inflections(verb) for verb in verbs.split()))


WORDS: frozenset[str] = frozenset(f"{_FUNCTION} {_NOUNS} {_ADJECTIVES} {_ADVERBS}".split()) | forms_of(_VERBS)


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())
