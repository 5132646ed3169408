// Package staffsync brings a list of the workforce in as a file, as the payroll or the
// personnel system writes it: who is new is invited, who is on record otherwise is
// changed, and who has left leaves. Each row becomes the same act that a page or SCIM
// makes of it, decided for itself and in the log (45 CFR 164.308(a)(3)(ii)(A) to (C)).
//
// It goes in two steps. A [Plan] says what would come of every row and writes nothing; it
// is applied under its hash, which stands for the file, for the staff as they were and for
// the day, so that nothing else happens than what was shown. The same file a second time
// changes nothing, so a run that broke off is begun again.
//
// Who is not in the file is left alone, unless the asker chose to end the access of
// whoever is missing. Guards keep a file that is cut short, or a column that was shifted,
// from locking the agency out.
//
// It keeps nothing of its own, gives nobody a way to sign in, and holds nothing about clients.
package staffsync
