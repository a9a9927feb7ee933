; Pictures that fit this screen's resolution, and what the last page offers beyond the usual.

Var AutostartTick

!macro PictureSize percent
  File "/oname=$PLUGINSDIR\modern-wizard.bmp" "${PICTURES}\wizard-${percent}.bmp"
  File "/oname=$PLUGINSDIR\modern-header.bmp" "${PICTURES}\header-${percent}.bmp"
!macroend

Function PicturesOfThisScreen
  System::Call 'user32::GetDC(p 0) p .r0'
  System::Call 'gdi32::GetDeviceCaps(p r0, i 88) i .r1' ; dots per inch; 96 is 100 %
  System::Call 'user32::ReleaseDC(p 0, p r0)'
  ${If} $1 >= 192
    !insertmacro PictureSize 200
  ${ElseIf} $1 >= 144
    !insertmacro PictureSize 150
  ${ElseIf} $1 >= 120
    !insertmacro PictureSize 125
  ${EndIf}
  SetBrandingImage /IMGID=1046 /RESIZETOFIT "$PLUGINSDIR\modern-header.bmp"
FunctionEnd

; Only for a new program: an upgrade leaves autostart as it is.
Function AddAutostartTick
  ${If} $OldProgram == ""
    ${NSD_CreateCheckbox} 120u 150u 195u 10u "$(StartAtLogOn)"
    Pop $AutostartTick
    SetCtlColors $AutostartTick "" "${MUI_BGCOLOR}"
    ${NSD_Check} $AutostartTick
  ${EndIf}
FunctionEnd

Function TakeAutostartTick
  ${If} $OldProgram == ""
    ${NSD_GetState} $AutostartTick $Autostart
    ${If} $Autostart == ${BST_CHECKED}
      nsExec::Exec '"$INSTDIR\robot-cli.exe" autostart enable --task'
      Pop $0
      ${If} $0 != 0
        Push "$(AutostartFailed)"
        Call Incomplete
      ${EndIf}
    ${EndIf}
  ${EndIf}
FunctionEnd

Function OpenGuide
  ${If} $LANGUAGE == 1049
    ExecShell "open" "$INSTDIR\guide\ru\admin.html"
  ${Else}
    ExecShell "open" "$INSTDIR\guide\en\admin.html"
  ${EndIf}
FunctionEnd
