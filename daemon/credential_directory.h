// SPDX-License-Identifier: ISC
// What a service's programs find in $CREDENTIALS_DIRECTORY: a directory with the service's own
// credentials, for its user and nobody else, there as long as the service is.
#pragma once

#include <string>

#include "daemon/config/service_spec.h"

namespace minetd {

class CredentialDirectory {
  public:
    /// Below `base`, or where this system keeps such things: $RUNTIME_DIRECTORY, /run/minetd, or
    /// $XDG_RUNTIME_DIR for who is not root. Throws std::exception.
    explicit CredentialDirectory(const ServiceSpec& spec, const std::string& base = {});
    /// One that a former image of this process has made, as it is.
    struct Former {
        std::string path;
    };
    explicit CredentialDirectory(Former former);
    /// Removes it.
    ~CredentialDirectory();
    CredentialDirectory(const CredentialDirectory&) = delete;
    CredentialDirectory& operator=(const CredentialDirectory&) = delete;

    /// Reads all of them anew; programs see the old ones or the new ones. Throws std::exception,
    /// and the old ones are there still.
    void fill(const ServiceSpec& spec);
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
    pid_t owner_;  ///< a fork of it removes nothing
};

}  // namespace minetd
