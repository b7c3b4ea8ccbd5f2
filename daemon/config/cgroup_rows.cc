// SPDX-License-Identifier: ISC
// What a service's processes may use together.
#include "daemon/config/attribute_row.h"
#include "daemon/config/cgroup_codecs.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

constexpr Row<Spec> table[] = {
    row<Optional<Size, "unlimited">, &Spec::cgroup, &CgroupLimits::memory_max>(
        {"memory_max", "", 1, no_limit, true, none,
         "memory of all processes of the service; the kernel kills where more is used"}),
    row<Optional<Size, "unlimited">, &Spec::cgroup, &CgroupLimits::memory_high>(
        {"memory_high", "", 1, no_limit, true, none,
         "memory beyond which they are slowed down and made to give back"}),
    row<Unlimited, &Spec::cgroup, &CgroupLimits::tasks_max>(
        {"tasks_max", "", 1, many * 4, true, none,
         "processes and threads of the service; more cannot be forked"}),
    row<Optional<Number, "default">, &Spec::cgroup, &CgroupLimits::cpu_weight>(
        {"cpu_weight", "", 1, 10000, true, none,
         "its share of the processors where they are short, beside the others' 100"}),
    row<Optional<Percent, "unlimited">, &Spec::cgroup, &CgroupLimits::cpu_quota>(
        {"cpu_quota", "", 1, many, true, none,
         "processor time that it gets at most; 200 is two processors"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::cgroup_rows() noexcept {
    return table;
}

}  // namespace minetd
