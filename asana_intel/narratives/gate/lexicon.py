"""Neutral English for reports, by field, and how words are inflected; what a word claims is judged in other modules.

What is left out is left out on purpose: praise and blame, people and their qualities, feelings, reasons of the world
(weather, illness, vendors, budgets), certainty, amounts without a number (many, several) and spans that no sheet has.
"""

from functools import lru_cache

from asana_intel.narratives.gate import vocabulary

_FUNCTION = """
a an the this that these those such its it itself their them they they're which who whose whom what how when where
while whereas whether if then than as at by for from in into of off on onto out over per to toward towards through
throughout until till up with within upon under and or but yet so nor also too both either each every other another
else otherwise though although even however meanwhile still already now currently today more less further only just
once is are was were be been being am has have had having do does did doing let should must there here again rather
instead against between among amid across along around about before after since ago during beyond beside besides
apart alone together back away ahead plus minus versus vs via we our ours us 's 're 've 'll 'd 'm s e.g i.e etc
respectively namely overall hence thus therefore accordingly consequently same own whole full total very much half way
i my me you your not no never none nothing nobody without cannot neither can could may might would will shall because
due owing since despite notwithstanding nonetheless nevertheless regardless unless except aside like unlike alongside
concerning regarding including included includes following given considering per because 't ca wo anything something
everything anyone someone one ones oneself whatever whichever wherever whenever why any all some most enough next last
first second third lastly secondly th nd rd st quite fairly rather slightly somewhat sharply markedly steeply clearly
considerably noticeably modestly marginally little bit lot well below above near nearer nearby down below beneath
"""
_NOUNS = """
goal target objective metric measure value figure number count reading level amount total result unit odds chance
probability likelihood confidence prospect percent percentage share point time period calendar schedule timeline window
term date day week deadline due end start pace rate speed tempo momentum progress advance trajectory trend task item work
project portfolio milestone status label flag colour color update report plan step action focus course direction move
change shift difference gap distance path road line forecast prediction projection estimate estimation outlook model
assessment evidence data information detail record history past present future average norm requirement demand sync
asana side hand case view sign picture summary situation position state condition standing note fact need rest remainder
part basis backlog queue list board moment comparison contrast addition output throughput completion thing anything
option recommendation suggestion choice alternative message headline bottom top takeaway margin stage stretch finish
pass order check overview snapshot tally entry range band remark comment matter mind reach pipeline workload roadmap
countdown clock midpoint measurement gauge indicator standstill cadence velocity deliverable owner team group people
person risk problem issue obstacle bottleneck hurdle concern blocker setback drag drop rise fall decline increase
decrease gain loss slip dip climb jump growth reduction improvement slowdown shortfall lag lead recovery uptick movement
cause reason driver factor explanation source lever effect impact influence difference contribution share load capacity
overload hour availability rank ranking place score priority list position newcomer effort interest stakeholder
dependency urgency weight attention success failure attempt outcome achievement attainment performance delivery
performance base baseline reference benchmark spread variation variance peak low high best worst sum quantity volume
size proportion fraction ratio majority minority bulk bulk rest piece portion chunk set series sequence run row streak
turn round cycle iteration phase process procedure practice routine way manner means method approach mode form shape
line column table chart bar map page note heading title name word sentence text term phrase question answer query reply
response request decision agreement discussion conversation meeting review retrospective check-up follow-up checkpoint
scope limit bound boundary threshold minimum maximum floor ceiling cap buffer slack reserve room headroom space leeway
wait delay hold pause stop stall interruption queue line backlog block barrier impediment constraint condition
precondition prerequisite input output product service content resource tool system group area field domain sector
category class kind sort type others job customer error lack absence user example instance case event occasion occurrence news development happening story
calculation computation arithmetic math formula rule principle standard criterion expectation hope aim purpose intent
intention ambition commitment obligation duty responsibility assignment allocation allotment supply time-frame
timeframe runway horizon end-date start-date sub-goal subgoal today tomorrow weekday workday beginning middle close
onset outset outlook perspective angle aspect feature trait attribute property element component member
ingredient version edition draft copy original replacement substitute successor predecessor counterpart peer colleague
colleagues staff crew everyone manager lead leader head assignee organisation organization company department unit
workspace site place location spot corner front back centre middle side edge top bottom surface
gainer loser mover climber faller riser contributor supporter sponsor reader audience watcher follower
theme topic subject matter agenda item bullet point conclusion finding observation insight lesson signal warning alert
alarm notice reminder hint clue pointer tip guidance help support assistance aid relief
extent degree depth breadth length width height scale magnitude
"""
_ADJECTIVES = """
main new open supporting linked underlying related contributing recent late latest current present previous prior
earlier upcoming remaining left outstanding available usual normal typical ordinary habitual customary historical
average regular needed required necessary planned intended set given stated weekly week-on-week week-over-week actual
overall total exact approximate rough known single separate respective active live whole entire full partial
recommended suggested proposed advisable sensible worth due relative equal similar later sooner soon original eventual
final initial altogether direct additional further extra possible immediate long short longer shorter far close closer
closest nearest wide wider broad narrow narrower overdue blocked stalled stuck idle waiting stagnant flat level stable
steady constant unchanged uneven irregular even smooth slow slower slowest fast faster quick quicker rapid gradual
sharp steep slight small smaller smallest big bigger biggest large larger largest little minor modest considerable
significant substantial notable noticeable marked clear plain simple basic main chief principal primary secondary key
central major important relevant useful helpful necessary essential sufficient insufficient adequate enough low lower
lowest high higher highest few fewer least most half double mid early earlier earliest first second third last next
individual joint combined cumulative aggregate collective mutual shared common general specific particular certain
inferred estimated unestimated assigned allocated scheduled unscheduled finished unfinished complete incomplete
completed done undone closed reached unmet met missing absent lacking empty blank zero able unable ready pending
ongoing continuing continuous continued underway temporary permanent lasting
likely unlikely probable improbable uncertain unsure sure doubtful open-ended possible impossible feasible achievable
attainable reachable unreachable realistic unrealistic ambitious
assessed unassessed assessable measured measurable measured tracked trackable public private internal external
safe poor weak adjustment adjustments rare unusual frequent infrequent common exceptional true false correct incorrect right wrong accurate inaccurate
consistent inconsistent aligned misaligned opposite reverse positive negative neutral mixed
visible invisible apparent evident obvious hidden worse better best worst greater lesser former latter
free busy heavy light heavier lighter fuller tight tighter thin thick
subsequent preceding intervening concurrent simultaneous parallel adjacent
behind ahead apart alone asleep alike
unblocked unresolved resolved cleared uncleared unplanned replanned rescheduled dropped
ninth tenth
"""
_ADVERBS = """
recently lately presently previously formerly usually normally typically ordinarily habitually historically regularly
exactly precisely approximately roughly respectively actively wholly entirely fully partly partially directly
immediately shortly eventually finally initially originally merely simply solely purely mainly mostly largely chiefly
primarily principally partly especially particularly notably specifically generally broadly overall altogether
together separately individually jointly accordingly similarly equally likewise conversely comparatively relatively
slowly quickly rapidly gradually steadily smoothly abruptly suddenly sharply steeply slightly modestly moderately
substantially significantly considerably noticeably visibly clearly plainly evidently apparently seemingly presumably
probably possibly perhaps maybe potentially likely doubtless
already yet still soon later earlier afterwards beforehand thereafter hitherto onward onwards forward backward upward
downward sideways inward outward weekly overnight twice daily-not here there elsewhere nowhere anywhere everywhere
somewhere far further closer near nearby halfway midway so-far to-date thereby therefore therein thereof hence thus
instead rather otherwise besides moreover furthermore additionally also too again anew afresh
only just merely even simply quite rather fairly pretty-not somewhat comfortably narrowly barely-not safely
currently now today ever always-not often sometimes rarely seldom
publicly internally officially formally
widely closely sooner
"""
_VERBS = """
become alter drive lack edge collapse achieve raise await lower keep suffice fit
stand sit remain stay show say state read report note record log count measure compute calculate give put place see look
appear seem indicate suggest point mean imply translate amount equal correspond represent compare contrast relate refer
need require take call ask demand want come go get make keep leave work run move proceed progress advance continue
forecast predict expect estimate project anticipate foresee pass elapse expire lapse use spend assess evaluate judge
gauge support contribute link feed cover span total average change shift differ follow start begin aim plan intend seek
have list label rate sync happen register turn bring land reflect recommend advise propose manage consider let track base
tell lie hover linger apply account await face belong reckon quote assign attach express describe picture present name
regard view term treat outline cite open return fit please cross concern involve bear serve enter arrive approach touch
near hold finish complete close deliver clear tick wrap end conclude settle resolve tackle handle address sort fix mend
repair correct adjust amend revise review revisit rethink reconsider reset update align raise lower lift cut reduce
increase decrease decline rise fall drop slip slide sink dip ease weaken slump gain lose grow shrink climb edge creep
inch tick nudge jump leap improve worsen deteriorate recover rebound pick speed slow accelerate quicken step add subtract
remove drop push pull postpone delay defer extend shorten reschedule re-plan replan redate set agree decide choose
select weigh think discuss talk speak meet reach hit attain achieve exceed surpass beat-not overtake outpace trail lag
lead match equal top clear block unblock wait depend hinge rely stall stick freeze pause halt resume restart retain
maintain preserve protect secure guard defend carry stretch stand find learn understand check confirm verify ensure
make know explain clarify establish explore examine inspect investigate help assist enable allow permit let prevent
hinder hamper hold impede constrain limit restrict cap drive cause result stem arise follow derive owe attribute explain
credit-not blame-not account influence affect shape
rank score climb slide sit slot enter join leave replace swap exchange trade switch alternate vary fluctuate range
distribute allocate share split divide group combine merge collect gather accumulate build-not pile stack fill empty
load overload fill occupy consume absorb
estimate infer guess-not derive deduce
mark flag tag colour color highlight emphasise emphasize stress underline mention
provide supply offer grant lend hand send receive accept take-up
try attempt undertake perform do carry execute implement
miss fail succeed
wish like prefer propose urge-not invite remind
sign install publish onboard collect launch recruit fund migrate open win train ship hire-not
close lapse revert restore return
exist occur persist last endure survive remain subside
own hold possess contain include comprise consist
free release liberate
roll rest rise arrive await
head steer navigate
retreat lengthen widen narrow deepen steepen flatten level stabilise stabilize
yield produce generate create
dominate
"""
_IRREGULAR = {
    "stand": "stood standing", "sit": "sat sitting", "say": "said", "read": "read", "give": "gave given giving",
    "put": "put putting", "see": "saw seen", "mean": "meant", "take": "took taken taking", "come": "came coming",
    "go": "went gone goes", "get": "got gotten getting", "make": "made making", "keep": "kept", "leave": "left leaving",
    "run": "ran running", "forecast": "forecast", "foresee": "foresaw foreseen foreseeing", "spend": "spent",
    "begin": "began begun beginning", "seek": "sought", "bring": "brought", "let": "letting", "show": "shown",
    "plan": "planned planning", "log": "logged logging", "span": "spanned spanning", "refer": "referred referring",
    "set": "setting", "lie": "lay lain lying", "bear": "bore borne", "hold": "held", "find": "found",
    "deal": "dealt", "stick": "stuck", "speed": "sped", "fit": "fitted fitting", "cut": "cutting", "hit": "hitting",
    "drop": "dropped dropping", "become": "became becoming", "drive": "drove driven driving", "step": "stepped stepping", "tell": "told", "feed": "fed", "rise": "rose risen rising",
    "fall": "fell fallen", "slip": "slipped slipping", "slide": "slid sliding", "sink": "sank sunk", "lose": "lost losing",
    "grow": "grew grown", "shrink": "shrank shrunk", "dip": "dipped dipping", "know": "knew known", "think": "thought",
    "speak": "spoke spoken", "meet": "met", "win": "won winning", "ship": "shipped shipping", "wrap": "wrapped wrapping",
    "do": "did done doing does", "choose": "chose chosen choosing", "understand": "understood", "lead": "led",
    "split": "splitting", "send": "sent", "swap": "swapped swapping", "freeze": "froze frozen", "arise": "arose arisen",
    "leap": "leapt leaping", "lag": "lagged lagging", "cap": "capped capping", "flag": "flagged flagging",
    "tag": "tagged tagging", "beat": "beaten", "build": "built", "draw": "drew drawn", "lend": "lent", "pay": "paid",
    "stem": "stemmed stemming", "infer": "inferred inferring", "overtake": "overtook overtaken", "rethink": "rethought",
    "owe": "owed owing owes", "slot": "slotted slotting", "stop": "stopped stopping", "label": "labelled labelling",
    "total": "totalled totalling", "replan": "replanned replanning", "re-plan": "re-planned re-planning re-plans",
    "slump": "slumped", "top": "topped topping", "own": "owned owning", "enter": "entered entering", "defer": "deferred deferring",
    "prefer": "preferred preferring", "permit": "permitted permitting", "occur": "occurred occurring", "sync": "synced syncing",
}  # fmt: skip


@lru_cache(maxsize=8192)
def inflections(word: str) -> frozenset[str]:
    """Forms of a verb or noun, the regular ones and the listed."""
    forms = {word, word + "s"}
    if word.endswith("e"):
        forms |= {word + "d", word[:-1] + "ing"}
    elif word.endswith("y") and len(word) > 2 and word[-2] not in "aeiou":
        forms |= {word[:-1] + "ies", word[:-1] + "ied", word + "ing"}
    elif word.endswith(("s", "x", "ch", "sh")):
        forms |= {word + "es", word + "ed", word + "ing"}
    else:
        forms |= {word + "ed", word + "ing"}
    listed = f"{_IRREGULAR.get(word, '')} {vocabulary.IRREGULAR.get(word, '')}"
    return frozenset(forms | set(listed.split()))


def forms_of(words: str) -> frozenset[str]:
    """All forms of a list of words."""
    return frozenset().union(*(inflections(w) for w in words.split() if not w.endswith("-not")))


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


def stem(word: str) -> str:
    """A word without its common endings, to compare words of a text with those of a claim."""
    for ending in ("ing", "ed", "es", "s", "e", "d"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word


LITTLE = frozenset(
    map(stem, words_of("the a an of in to and or for is are was were it its this that by at on with be"))
)
"""Stems of words that tell nothing when words of a text are compared with those of a claim."""


def is_neutral(word: str) -> bool:
    """Whether a word, or what it is made of by common endings and by re-, is in the lists."""
    if word in WORDS:
        return True
    bases = {word.removeprefix("re")} if word.startswith("re") and len(word) > 5 else set[str]()
    for ending, others in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            bases |= {word[: -len(ending)] + other for other in others}
    return word not in NEVER and bool(bases & WORDS)


_ENDINGS = (
    ("s", ("",)), ("es", ("",)), ("ies", ("y",)), ("ied", ("y",)), ("ed", ("", "e")), ("ing", ("", "e")),
    ("ly", ("", "e", "le")), ("ily", ("y",)), ("er", ("", "e")), ("est", ("", "e")), ("ier", ("y",)), ("iest", ("y",)),
    ("able", ("", "e")), ("al", ("", "e")), ("ment", ("",)), ("ation", ("e",)),
)  # fmt: skip


NEVER: frozenset[str] = words_of("""
great good excellent impressive strong solid superb outstanding-praise fantastic amazing brilliant wonderful terrific
remarkable encouraging encouragingly promising pleasing pleasingly disappointing disappointingly unfortunately sadly
luckily fortunately hopefully happily regrettably worryingly alarming terrible awful bad lazy
careless sloppy quality negligent incompetent motivated unmotivated talented diligent tireless heroic blame blamed fault
faults guilty praise thanks thank congratulations congrats kudos bravo proud celebrate celebrated celebrates
guarantee guaranteed guarantees certainly definitely surely undoubtedly undoubtedly unquestionably inevitably
inevitable promise promised promises promising assured assure assures vow
holiday holidays vacation illness sick sickness strike budget budgets weather vendor vendors supplier suppliers
competitor competitors inflation pandemic outage outages lawsuit legal lawyer contract-law salary salaries layoff
layoffs fired fire dismiss dismissed bonus hire hired hiring ceo cfo cto board-members
click visit subscribe download http https www password login
month months monthly year years yearly annual annually yesterday tomorrow daily hourly quarter-ago
monday tuesday wednesday thursday friday saturday sunday
nearly almost virtually practically
many several numerous countless dozens hundreds thousands couple
""")
"""Never a word of a report, whatever the claims or meanings use; names are not looked at."""

CORE: frozenset[str] = (
    words_of(_FUNCTION) | forms_of(_NOUNS) | words_of(_ADJECTIVES) | words_of(_ADVERBS) | forms_of(_VERBS)
) - NEVER
"""The words that reports are made of; a name of these alone may stand for itself."""

WORDS: frozenset[str] = (
    CORE
    | forms_of(f"{vocabulary.NOUNS} {vocabulary.VERBS}")
    | words_of(f"{vocabulary.ADJECTIVES} {vocabulary.ADVERBS}")
) - NEVER
