/**
 * Domains that give addresses away for minutes; the best known, kept by hand. Who signs up with one does not want
 * to be written to, and nobody reads there tomorrow.
 */
export const disposableDomains: string[] = `
0-mail.com 10minutemail.com 10minutemail.net 1secmail.com 1secmail.net 1secmail.org 20minutemail.com 33mail.com
anonbox.net armyspy.com burnermail.io byom.de cuvox.de dayrep.com deadaddress.com discard.email discardmail.com
dispostable.com dropmail.me einrot.com emailondeck.com emailtemporanea.com fakeinbox.com fakemail.net fakemailgenerator.com
fleckens.hu getairmail.com getnada.com grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info
guerrillamail.net guerrillamail.org guerrillamailblock.com gustr.com harakirimail.com incognitomail.org inboxbear.com
inboxkitten.com jetable.org jourrapide.com luxusmail.org mail-temp.com mail7.io mailcatch.com maildrop.cc mailexpire.com
mailinator.com mailinator.net mailinator2.com mailmoat.com mailnesia.com mailnull.com mailpoof.com mailsac.com mailtemp.net
mintemail.com moakt.com mohmal.com mt2015.com mytemp.email mytrashmail.com nada.email nospam.ze.tc owlymail.com
pokemail.net rhyta.com sharklasers.com shieldemail.com spam4.me spambog.com spambox.us spamex.com spamgourmet.com
spamspot.com superrito.com teleworm.us temp-mail.io temp-mail.org tempail.com tempinbox.com tempmail.com tempmail.dev
tempmail.net tempmailaddress.com tempmailo.com tempr.email throwam.com throwawaymail.com tmail.ws tmpmail.net tmpmail.org
trash-mail.com trash-mail.de trashmail.com trashmail.de trashmail.io trashmail.me trashmail.net trbvm.com wegwerfmail.de
wegwerfmail.net wegwerfmail.org yopmail.com yopmail.fr yopmail.net zetmail.com
`
  .trim()
  .split(/\s+/)
