"""The words Portuguese, French and Spanish riders use, and what may harmlessly stand beside them.

All in upper case without accents. A word that means something else to an English thumb, or two things in two
tongues, is left out (`tengo`, `pronto`, `listo`, `salgo`): it is asked back.
"""

from dataclasses import dataclass

from riders_app.replies.verbs import Verb, words


@dataclass(frozen=True, slots=True)
class Words:
    """One tongue: its word for each verb, and what may stand beside any of them."""

    spellings: dict[str, Verb]
    beside: frozenset[str]


def _spelt(said: dict[Verb, str]) -> dict[str, Verb]:
    return {word: verb for verb, written in said.items() for word in written.split()}


PORTUGUESE = Words(
    _spelt(
        {
            "TAKE": "ACEITO ACEITE ACEITAR",
            "PASS": "PASSO RECUSO RECUSAR",
            "HERE": "CHEGUEI AQUI",
            "GOT": "PEGUEI PEGO RECOLHI COLETEI RETIREI APANHEI",
            "DONE": "FEITO FEITA ENTREGUE ENTREGUES ENTREGUEI TERMINEI",
            "UNDO": "DESFAZER DESFAZ",
            "LATE": "ATRASADO ATRASADA ATRASO TARDE",
            "TROUBLE": "PROBLEMA PROBLEMAS ACIDENTE",
            "WHY": "PORQUE",
            "CONTEST": "CONTESTO RECLAMO RECLAMACAO",
            "PAY": "SALARIO GANHEI",
            "HELP": "AJUDA SOCORRO",
            "ACK": "VISTO ENTENDIDO RECEBIDO",
            "REST": "PAUSA DESCANSO",
            "SHIFTS": "TURNOS",
            "STAY": "FICO",
            "ON": "EMSERVICO",
            "OFF": "FORADESERVICO",
        }
    ),
    words(
        "O OS AS EU JA EM DO DA DOS PEDIDO PEDIDOS ENTREGA CORRIDA TRABALHO ESTOU ACABEI ESTE ESTA ESSE ESSA "
        "OBRIGADO OBRIGADA OLA OI BOA NOITE SIM OK AGORA NUMERO RESTAURANTE PORTA"
    ),
)
FRENCH = Words(
    _spelt(
        {
            "TAKE": "PRENDS ACCEPTE JACCEPTE",
            "PASS": "PASSE REFUSE",
            "HERE": "ARRIVE ARRIVEE ICI",
            "GOT": "PRIS RECUPERE RECUPEREE RECUP",
            "DONE": "LIVRE LIVREE LIVREES FAIT FINI TERMINE",
            "UNDO": "ANNULER ANNULE DEFAIRE",
            "LATE": "RETARD",
            "TROUBLE": "PROBLEME PROBLEMES",
            "WHY": "POURQUOI",
            "CONTEST": "CONTESTE RECLAMATION",
            "PAY": "PAIE PAYE",
            "HELP": "AIDE",
            "ACK": "VU COMPRIS RECU DACCORD ENTENDU",
            "REST": "PAUSE",
            "SHIFTS": "HORAIRES",
            "STAY": "RESTE",
            "ON": "ENSERVICE",
            "OFF": "HORSSERVICE",
        }
    ),
    words(
        "JE JAI AI JE LA LE LES L COMMANDE COMMANDES COURSE LIVRAISON MERCI SUIS EST CEST A AU RESTAURANT RESTO "
        "BONNE SOIREE BIEN OUI OK SALUT BONJOUR BONSOIR SVP STP NUMERO MAINTENANT"
    ),
)
SPANISH = Words(
    _spelt(
        {
            "TAKE": "ACEPTO TOMO COJO ACEPTAR",
            "PASS": "PASO RECHAZO",
            "HERE": "LLEGUE LLEGADO",
            "GOT": "RECOGIDO RECOGIDA RECOGI COGIDO COGIDA COGI",
            "DONE": "HECHO HECHA ENTREGUE ENTREGADO ENTREGADA ENTREGADOS ENTREGADAS TERMINADO",
            "UNDO": "DESHACER ANULAR",
            "LATE": "RETRASO RETRASADO RETRASADA DEMORA",
            "TROUBLE": "ACCIDENTE",
            "PAY": "PAGA",
            "HELP": "AYUDA",
            "ACK": "RECIBIDO",
            "SHIFTS": "HORARIOS",
            "STAY": "QUEDO",
            "ON": "DESERVICIO",
            "OFF": "FUERADESERVICIO",
        }
    ),
    words(
        "YO YA EL LA LOS LAS HE AL DEL PEDIDO PEDIDOS ENTREGA CARRERA TRABAJO ESTOY ESTE ESTA ESE ESA GRACIAS "
        "HOLA VALE SI OK AHORA NUMERO RESTAURANTE EN ME LO BUENAS NOCHES TODO"
    ),
)
TONGUES = (PORTUGUESE, FRENCH, SPANISH)
FOREIGN: dict[str, Verb] = {word: verb for tongue in TONGUES for word, verb in tongue.spellings.items()}
AND = words("E ET Y")  # in their own tongue only: E is a drop too
ALL = words("TUDO TODO TODOS TODAS TOUT TOUS TOUTES")
# Only with an accent at its end, or beside a word that says it is French: `livre` is "free" in Portuguese,
# `j'arrive` is "coming".
ACCENTED = words("ARRIVE LIVRE TERMINE RECUPERE")
FRENCH_ALREADY = words("SUIS JAI AI BIEN CEST EST")
# Only with a job's number: alone they may mean tomorrow, or the evening.
NUMBERED = words("TOMO FINI TERMINE TERMINEI TERMINADO TARDE PEGO FAIT COJO PORQUE")
# With nothing but a number beside them: `pego o 12` is "I'll take 12", `pego 12` is "collected".
ALONE = words("PEGO PAS")
# Past, or done by somebody else: `passé` and `pasó` are not "I pass".
NOT_ACCENTED = words("PASSE REFUSE PASO TOMO ACEPTO RECHAZO")
# Words harmless beside some verbs only: `je suis pris` is "I am busy", `paso en 12` "I come by in 12".
_PLACE = words("EN EM AU AL DEL DO DA DOS A RESTAURANT RESTO RESTAURANTE PORTA")
_ONLY: tuple[tuple[frozenset[str], frozenset[Verb]], ...] = (
    (_PLACE, frozenset({"HERE"})),
    (words("SUIS"), frozenset({"HERE", "LATE"})),
    (words("EST CEST"), frozenset({"DONE", "HERE"})),
    (words("JAI AI HE ACABEI"), frozenset({"GOT", "DONE", "HERE"})),
    (words("YA JA"), frozenset({"GOT", "DONE", "HERE", "TAKE"})),
    (words("ME"), frozenset({"STAY"})),
)
ARTICLES = words("O OS AS EL LA LOS LAS LE LES L")


def beside(word: str) -> frozenset[str]:
    """What may stand beside a verb of another tongue: the words of every tongue that has it."""
    found = frozenset[str]().union(*(tongue.beside for tongue in TONGUES if word in tongue.spellings))
    for some, verbs in _ONLY:
        if FOREIGN[word] not in verbs:
            found -= some
    return found
