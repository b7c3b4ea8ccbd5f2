// SPDX-License-Identifier: ISC
#include "daemon/units/unit_rows.h"

#include "daemon/config/attributes.h"
#include "daemon/config/pool_attributes.h"

namespace minetd {

std::array<std::span<const UnitRow>, 5> unit_rows() noexcept {
    return {socket_unit_rows(), admission_unit_rows(), program_unit_rows(), sandbox_unit_rows(),
            pool_unit_rows()};
}

void write_unit_rows(Translation& translation) {
    ServiceSpec unsaid;
    if (translation.spec.is_pool()) unsaid.pool = default_pool_limits(translation.spec.serve);
    for (const std::span<const UnitRow> rows : unit_rows())
        for (const UnitRow& row : rows) {
            if (row.write != nullptr) row.write(translation);
            if (row.lost.empty()) continue;
            if (!find_service_attribute(row.attribute)->equal(unsaid, translation.spec))
                translation.lost(row.attribute, row.lost);
        }
}

}  // namespace minetd
