// Package vendor keeps whoever works for the agency from outside: what each does with
// protected health information, whether the law makes it a business associate, the
// agreement that binds it, what it answered and showed, and how it ends (45 CFR
// 164.502(e), 164.504(e), 164.308(b), 164.314(a)).
//
// That an organization may receive anything follows from facts of the records: its
// state, and an agreement that both sides signed. [Vendors.InForce] asks them of any
// moment, past ones too. What a page says of a vendor, its tier, whether an agreement
// expires, what is due, is worked out when it is asked for and kept nowhere.
//
// Nothing here is about a client, except the list of people in a vendor's report of an
// incident. Law and the agency's own practice are told apart wherever both ask for
// something.
package vendor
