// Passkey ceremonies (W3C Web Authentication). A button with data-passkey="get"
// or "create" asks the server for options at data-options, runs the ceremony
// and posts the answer in the field "credential" of its own form.
(() => {
	const bytes = s => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
	const text = b => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
	const csrf = document.querySelector('meta[name=csrf-token]')?.content || '';
	const ids = list => (list || []).map(c => ({ ...c, id: bytes(c.id) }));

	async function ceremony(button) {
		const form = button.form;
		const r = await fetch(button.dataset.options, { method: 'POST', credentials: 'same-origin',
			headers: { 'X-CSRF-Token': csrf, 'Accept': 'application/json' }, body: new URLSearchParams(new FormData(form)) });
		// Somebody who was signed out meanwhile is led to where they sign in.
		if (r.redirected) { location = r.url; return; }
		if (!r.ok) throw new Error('options');
		const { publicKey: o } = await r.json();
		o.challenge = bytes(o.challenge);
		let c, response;
		if (button.dataset.passkey === 'create') {
			o.user.id = bytes(o.user.id);
			o.excludeCredentials = ids(o.excludeCredentials);
			c = await navigator.credentials.create({ publicKey: o });
			response = { attestationObject: text(c.response.attestationObject), transports: c.response.getTransports?.() || [] };
		} else {
			o.allowCredentials = ids(o.allowCredentials);
			c = await navigator.credentials.get({ publicKey: o });
			response = { authenticatorData: text(c.response.authenticatorData), signature: text(c.response.signature),
				userHandle: c.response.userHandle ? text(c.response.userHandle) : undefined };
		}
		response.clientDataJSON = text(c.response.clientDataJSON);
		form.elements.credential.value = JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response,
			authenticatorAttachment: c.authenticatorAttachment || undefined, clientExtensionResults: c.getClientExtensionResults() });
		form.submit();
	}

	document.addEventListener('click', e => {
		const button = e.target.closest('[data-passkey]');
		if (!button) return;
		e.preventDefault();
		const says = button.form.querySelector('[data-passkey-says]');
		says.hidden = true;
		button.disabled = true;
		ceremony(button).catch(() => { says.hidden = false; button.disabled = false; button.focus(); });
	});
	if (!window.PublicKeyCredential) for (const b of document.querySelectorAll('[data-passkey]')) b.disabled = true;
})();
