// SPDX-License-Identifier: ISC
#include "daemon/config/attributes.h"

#include <vector>

#include "daemon/config/attribute_row.h"

namespace minetd {

std::span<const Row<ServiceSpec>> service_attributes() noexcept {
    using namespace rows;
    static const std::vector<Row<ServiceSpec>> table = [] {
        std::vector<Row<ServiceSpec>> all;
        for (const auto part :
             {socket_rows(), admission_rows(), forwarding_rows(), registration_rows(), pool_rows(),
              program_rows(), sandbox_rows(), builtin_rows(), cgroup_rows(), record_rows()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return table;
}

}  // namespace minetd
