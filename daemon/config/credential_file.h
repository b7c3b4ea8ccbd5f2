// SPDX-License-Identifier: ISC
// One word of `credentials`: NAME, of those that the service manager gave to minetd
// ($CREDENTIALS_DIRECTORY, systemd.exec(5)), or NAME:FILE, as in LoadCredential=.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/codecs.h"

namespace minetd {

struct CredentialSource {
    std::string name;  ///< a file name
    std::string file;  ///< absolute; empty: of the service manager's
};
/// Throws BadValue.
CredentialSource credential_source(const std::string& word);

/// What is in it. Throws std::runtime_error, which says why there is none; never any of it.
std::string read_credential(const CredentialSource& source);

namespace codec {

/// A List of such words.
struct Credentials : List {
    static constexpr std::string_view type = "NAME or NAME:FILE ...";
    static void apply(const Attribute&, std::vector<std::string>& value, Operator op, Words words);
};

}  // namespace codec
}  // namespace minetd
