// SPDX-License-Identifier: Apache-2.0
// Generated skeletons, quiet about warnings that are not ours.
#pragma once
#pragma GCC system_header

#include "gate/driver.skel.h"
#include "gate/gate_lpm.skel.h"
