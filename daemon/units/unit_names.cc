// SPDX-License-Identifier: ISC
#include "daemon/units/unit_names.h"

#include "daemon/config/names.h"
#include "daemon/units/unit_file.h"

namespace minetd {

std::string UnitNames::name_for(const ServiceSpec& spec) {
    const std::string name = unit_name(spec.id);
    if (taken_.insert(name).second) return name;
    const std::string longer = name + "-" + unit_name(protocol_text(spec.protocol, spec.family));
    if (taken_.insert(longer).second) return longer;
    for (unsigned number = 2;; ++number)
        if (const std::string numbered = longer + "-" + std::to_string(number);
            taken_.insert(numbered).second)
            return numbered;
}

}  // namespace minetd
