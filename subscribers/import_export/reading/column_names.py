"""
What the columns of a file are called that say something about a person other than their status.
"""

from __future__ import annotations

from collections.abc import Mapping

# The normalised names of the columns of each field, in the order in which the first counts.
COLUMN_NAMES: Mapping[str, str] = {
    "email": "email emailaddress mail mailaddress emailadresse mailadresse emailadress "
    "adresseemail adressemail courriel correo correoelectronico correoelectrónico email1value "
    "subscriberemail subscriber indirizzoemail endereçodeemail emailaddresses eposta epost",
    "name": "name fullname displayname",
    "first": "first firstname givenname vorname prenom prénom nombre nome voornaam",
    "last": "last lastname surname familyname nachname nom apellido apellidos cognome achternaam "
    "sobrenome",
    "language": "language lang locale preferredlanguage sprache langue idioma lingua",
    "timezone": "timezone tz zeitzone fuseauhoraire zonahoraria husohorario fusoorario tijdzone "
    "fusohorario fusohorário",
    "consent": "consent",
    "consent_at": "confirmedat confirmtime optedinat optintime consentat",
    "consent_source": "optinsource",
    "signed_up_at": "subscribedat createdat creationdate subscriptiondate entered addedtime "
    "signupdate anmeldedatum angemeldetam datedinscription fechadealta",
    "status_at": "statuschangedat statussince unsubscribedat unsubtime unsubscriptiondate "
    "cleantime bouncedat",
    "status_reason": "statusreason",
    "note": "note notes notiz notizen remarque remarques",
}
