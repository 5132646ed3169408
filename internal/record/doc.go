// Package record is the door: the only way to read or write a record.
//
// Every read, write, search, export, job and API call on a record passes here.
// There is no superuser, no unnamed system actor, no unlogged read and no second
// entrance (45 CFR 164.312(a)(1), (b); 164.308(a)(4)). The rooms behind it,
// internal/gate, internal/seal, internal/store and internal/blind, cannot be
// imported by anybody else.
//
// # What happens, in order
//
// A read ([Records.Read], [Records.Find], [Records.History], or several of them
// together in a [View]):
//
//  1. the sealed rows and their labels are fetched; nothing is opened;
//  2. the asker's relation to each client is looked up at this instant;
//  3. the policies decide, per record, which field classes may be used;
//  4. one entry naming every client, record and class is appended to the log,
//     and the read waits until it is durable;
//  5. only then are the allowed classes, and no others, unsealed and returned.
//
// A write ([Work]: any number of Create and Change together):
//
//  1. as 1 to 3 above for every record touched, but for the action named;
//  2. in one transaction: the entry; for a change, the old version is opened,
//     changed and sealed; versions, labels, facts and search tokens;
//  3. the caller is told once all of it is durable. If the entry cannot be
//     written nothing is.
//
// A refusal is an entry too, durable before the refusal is answered. Whoever may
// not know that a client exists gets the same answer, by the same steps, as for
// an id that does not exist.
//
// # What it never does
//
// It never opens a field class the decision did not allow; never returns
// plaintext for which there is no entry; never counts, pages or orders by what
// the asker may not see; never keeps plaintext; never has a way round for
// maintenance.
//
// # How to start
//
// Declare a [Kind] beside the type it keeps; hold the [Door] in a use-case
// package; call [Use] for typed access. Tests use package recordtest, which is a
// real door on a real database.
package record
