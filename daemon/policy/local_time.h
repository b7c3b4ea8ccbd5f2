// SPDX-License-Identifier: ISC
// What time of the day is it here? The offsets of local time, found out once, where the C library
// may be asked (it takes locks and reads files), so that telling the time is arithmetic anywhere:
// on threads, in the root process, in a child on borrowed memory.
#pragma once

#include <ctime>
#include <vector>

namespace minetd {

class LocalTime {
  public:
    /// Knows the changes of the offset in the ten years from `from` on, in seconds since 1970; the
    /// last one holds ever after. As tzset(3) set the zone.
    explicit LocalTime(std::time_t from);

    /// Minutes since local midnight.
    unsigned minute_of_day(std::time_t now) const noexcept;

  private:
    struct Offset {
        std::time_t since;
        long seconds;  ///< east of UTC
    };
    std::vector<Offset> offsets_;  ///< in order; the first holds before as well
};

}  // namespace minetd
