// SPDX-License-Identifier: Apache-2.0
// The generated skeleton, quiet about warnings that are not ours.
#pragma once
#pragma GCC system_header

#include "gate/gate.skel.h"
