// SPDX-License-Identifier: Apache-2.0
// The form of a RADIUS attribute in settings (model/radius_attribute.h).
#pragma once

#include "settings/section/radius/radius_coa.h"
#include "settings/table/form.h"

namespace postern::settings {

inline constexpr Form kRadiusAttribute{
    "a RADIUS attribute as Name = value, or its number or 26.VENDOR.TYPE as the name", "Filter-Id = postern-garden",
    &is_radius_attribute};

}  // namespace postern::settings
