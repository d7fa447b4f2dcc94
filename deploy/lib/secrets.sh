# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are for the scripts that source this
# Makes secrets. They leave a function only by its standard output or a file, never by a command's arguments.

secret_password() { openssl rand -hex 24; }
secret_key_256() { openssl rand -base64 32; }
secret_rsa_key() { openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null; }
public_key_of() { openssl pkey -pubout 2>/dev/null; }

redis_users=(registry broker signer reader operator)

# Where MCP clients send their users back to, so that the well-known ones connect without further ado. "localhost"
# stands for any loopback host and port, "name:" for a private-use scheme. Take away what nobody here uses.
known_client_redirects=(localhost claude.ai claude.com chatgpt.com vscode.dev insiders.vscode.dev www.cursor.com
    claude: cursor: vscode: vscode-insiders: windsurf: zed:)

known_client_redirects_json() {
    local each out=''
    for each in "${known_client_redirects[@]}"; do out+="${out:+, }\"$each\""; done
    printf '[%s]' "$out"
}

# servers_file_sample USERS_JSON: a servers file that works and shows what belongs into one
servers_file_sample() {
    cat <<EOF
{
  "servers": {
    "example.com": {
      "github-tools": {
        "name": "GitHub Tools",
        "description": "Repositories and issues",
        "allowed_users": $1
      }
    }
  },
  "redirect_hosts": $(known_client_redirects_json)
}
EOF
}
