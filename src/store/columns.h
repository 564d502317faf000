// SPDX-License-Identifier: Apache-2.0
// The columns Journal::read() takes, in its order; within this room only.
#pragma once

#define PN_RECORD_COLUMNS "r.sequence, r.at, r.kind, r.subject, r.ref, r.key_id, r.body, r.sealed, r.sum"
#define PN_SELECT_RECORDS "SELECT " PN_RECORD_COLUMNS " FROM records r "
