// Package scim lets the system that provisions an agency's accounts add, change and end
// staff records (SCIM 2.0, RFC 7643 and 7644): users, the schemas they have, and the roles
// as groups, into which people are moved and which are neither made nor deleted.
//
// A user that is created is a member of the workforce who was invited and has no way in;
// nothing here gives standing: clearance, orientation and acknowledgements stay to be
// made. A user whose "active" becomes false has left, by the one act by which people leave
// (45 CFR 164.308(a)(3)(ii)(C)); nobody comes back by becoming active again. Each change
// is one use-case of package org, decided and logged by the door, in the name of the key it
// came by.
//
// It reads nothing of clients, keeps nothing, and answers whoever has no key, a key that
// ended and a key of nobody alike.
package scim
