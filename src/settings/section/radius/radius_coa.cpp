// SPDX-License-Identifier: Apache-2.0
#include "settings/section/radius/radius_coa.h"

#include "model/radius_attribute.h"
#include "settings/section/radius/attribute_form.h"
#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&RadiusCoa::retransmit_after>(
        "retransmit_after", {.min = seconds(1).us,
                             .max = seconds(10).us,
                             .reload = Reload::live,
                             .help = "an unanswered request is sent again after this; the pause then doubles"}),
    key<&RadiusCoa::attempts>("attempts", {.unit = "packets",
                                           .min = 1,
                                           .max = 8,
                                           .reload = Reload::live,
                                           .help = "how often a request is sent before it counts as lost"}),
    key<&RadiusCoa::in_flight_max>("in_flight_max", {.unit = "requests",
                                                     .min = 1,
                                                     .max = 4'096,
                                                     .reload = Reload::live,
                                                     .help = "requests under way at one time, to all NASes"}),
};

constexpr KeyTable kTable{
    "Lines whose plug is pulled: their NAS is asked to change the session (RFC 5176). Nothing is sent while class "
    "plug mode is shadow or off.",
    kKeys};

constexpr Key kNasKeys[] = {
    key<&RadiusCoaNas::name>("name", {.required = true,
                                      .form = &kOneLine,
                                      .example = "\"bng1\"",
                                      .reload = Reload::live,
                                      .help = "the NAS as its accounting names it: NAS-Identifier, else its address"}),
    key<&RadiusCoaNas::address>("address", {.required = true,
                                            .example = "\"203.0.113.1:3799\"",
                                            .reload = Reload::live,
                                            .help = "where it takes CoA- and Disconnect-Requests"}),
    key<&RadiusCoaNas::source>("source",
                               {.empty_is_none = true,
                                .reload = Reload::live,
                                .help = "address the requests leave from; empty leaves the choice to the kernel"}),
    key<&RadiusCoaNas::secret_file>("secret_file",
                                    {.required = true,
                                     .form = &kPath,
                                     .example = "\"/etc/postern/coa.secret\"",
                                     .reload = Reload::live,
                                     .help = "file whose first line is the shared secret; nobody else may read it"}),
    choice<&RadiusCoaNas::identify>("identify", pn_names_of_CoaIdentify,
                                    {.reload = Reload::live, .help = "attributes the NAS finds the session by"}),
    choice<&RadiusCoaNas::methods>(
        "methods", pn_names_of_CoaMethod,
        {.reload = Reload::live, .help = "what is tried, in this order; after the last the gate alone"}),
    key<&RadiusCoaNas::garden>("garden", {.form = &kRadiusAttribute,
                                          .reload = Reload::live,
                                          .help = "attributes of the CoA-Request that puts a session into the garden"}),
    key<&RadiusCoaNas::normal>("normal",
                               {.form = &kRadiusAttribute,
                                .reload = Reload::live,
                                .help = "and of the one that lets it out again; {class} stands for the line's class"}),
};

}  // namespace

const KeyTable& RadiusCoa::table() { return kTable; }

const KeyTable& RadiusCoaNas::table() {
  static constexpr KeyTable kNasTable{"A NAS that takes such requests; one section for each.", kNasKeys};
  return kNasTable;
}

bool is_radius_attribute(std::string_view text) { return model::parse_radius_attribute(text).has_value(); }

}  // namespace postern::settings
