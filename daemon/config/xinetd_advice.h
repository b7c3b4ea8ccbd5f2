// SPDX-License-Identifier: ISC
// What an entry says in vain, or means otherwise here than it did with xinetd: warnings.
#pragma once

#include "daemon/config/xinetd_entry.h"

namespace minetd {

class XinetdAdvice {
  public:
    XinetdAdvice(const XinetdEntry& defaults, Diagnostics& diagnostics)
        : defaults_(defaults), diagnostics_(diagnostics) {}

    /// About an entry that is settled. What half of all files say is told once, at the first of
    /// them.
    void give(const XinetdEntry& entry);

  private:
    void about_records(const XinetdEntry& entry);
    void about_families(const XinetdEntry& entry);
    void about_servers(const XinetdEntry& entry);
    void about_datagrams(const XinetdEntry& entry);
    void about_attributes(const XinetdEntry& entry);
    Where origin(const XinetdEntry& entry, std::string_view name) const;
    void warn(const Where& where, std::string message, std::string advice);

    const XinetdEntry& defaults_;
    Diagnostics& diagnostics_;
    bool told_of_ident_ = false, told_of_log_ = false, told_of_v6only_ = false;
    bool told_of_native_ = false, told_of_stderr_ = false, told_of_guard_ = false;
};

}  // namespace minetd
